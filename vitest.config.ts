import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Each package keeps its tests beside its source; `test/` holds the journeys across packages.
    include: ['**/test/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    pool: 'forks',
    maxWorkers: 2,
    globalSetup: 'test/setup/neighbours.ts',
    reporters: ['default', './test/setup/closing-line.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Browsers and whole machines on two shared cores: what fails once is tried once more there, and named by the report.
    retry: process.env.CI ? 1 : 0,
  },
})
