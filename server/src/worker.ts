import { enter } from '@ajar/bundle'

/** The job worker's process starts here: from the bundle where one was made of these sources, else from the sources. */
await enter('worker', () => import('./worker-process.ts'))
