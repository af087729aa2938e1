import { enter } from '@ajar/bundle'

/** The agent's process starts here: from the bundle where one was made of these sources, else from the sources. */
await enter('agent', () => import('./agent-process.ts'))
