import { vi } from 'vitest'

/** Imported by every test of the console: a browser on a small machine that also does other things takes its time. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })
