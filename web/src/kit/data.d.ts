declare module 'virtual:regions' {
  export const regions: readonly import('../../build/data.ts').Region[];
}

declare module 'virtual:diseases' {
  export const diseases: readonly import('../../build/data.ts').Named[];
}

declare module 'virtual:reasons' {
  export const reasons: readonly import('../../build/data.ts').Reason[];
}

declare module 'virtual:items' {
  export const items: readonly import('../../build/data.ts').Item[];
}
