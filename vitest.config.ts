import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/setup/longest-first.ts'

// Hundreds of processes run the same sources: what is made of them is kept for the next one, which halves what its start takes.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.compiled-for-tests', import.meta.url))

export default defineConfig({
  test: {
    // Each package keeps its tests beside its source; `test/` holds the journeys across packages.
    include: ['**/test/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    pool: 'forks',
    // On two cores: more than half of the time tests wait, for processes, machines and browsers.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    globalSetup: 'test/setup/neighbours.ts',
    reporters: ['default', './test/setup/closing-line.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Browsers and whole machines on two shared cores: what fails once is tried once more there, and named by the report.
    retry: process.env.CI ? 1 : 0,
  },
})
