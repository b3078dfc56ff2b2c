/** The shapes of states: drawn, not characters, so that no font can change them. */
export type Shape = 'circle' | 'triangle' | 'square' | 'ring' | 'cross';
