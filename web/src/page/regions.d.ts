declare module 'virtual:regions' {
  export const regions: readonly { readonly code: string; readonly name: string }[];
}
