declare module 'virtual:regions' {
  export const regions: readonly import('../../build/data.ts').Region[];
}

declare module 'virtual:diseases' {
  export const diseases: readonly import('../../build/data.ts').Disease[];
}

declare module 'virtual:reasons' {
  export const reasons: readonly import('../../build/data.ts').Reason[];
}

declare module 'virtual:items' {
  export const items: readonly import('../../build/data.ts').Item[];
}

declare module 'virtual:facts' {
  export const facts: Readonly<Record<string, { readonly ko: string; readonly en: string }>>;
}
