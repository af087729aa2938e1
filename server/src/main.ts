import { enter } from '@ajar/bundle'

/** The server's process starts here: from the bundle where one was made of these sources, else from the sources. */
await enter('server', () => import('./server-process.ts'))
