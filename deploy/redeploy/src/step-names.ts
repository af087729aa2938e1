/** A redeploy in the order in which it happens: a file of `steps/` for each. Before `pending` nothing that runs is touched. */
export const STEPS = [
  'fetch',
  'verify',
  'export',
  'install',
  'preflight',
  'pending',
  'switch',
  'restart',
  'trial',
  'keep',
] as const
export type StepName = (typeof STEPS)[number]
