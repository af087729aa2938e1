export * from './names.ts'
export * from './payloads.ts'
export * from './picture-names.ts'
export * from './topics.ts'
