import { enter } from '@ajar/bundle'

/** The process that runs programs starts here: from the bundle where one was made of these sources, else from the sources. */
await enter('programs', () => import('./programs-worker-process.ts'))
