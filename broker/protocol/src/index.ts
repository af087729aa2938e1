export * from './names.ts'
export * from './payloads.ts'
export * from './topics.ts'
