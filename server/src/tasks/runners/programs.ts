import { fileURLToPath } from 'node:url'

/** The programs that tasks of the two languages run in. They have standard output for their status: what a task prints is on standard error. */
export const RUN_TS = fileURLToPath(new URL('run-ts.ts', import.meta.url))
export const RUN_PYTHON = fileURLToPath(new URL('run-python.py', import.meta.url))
