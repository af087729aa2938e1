import type { StepContext } from './step.ts'

/** What is good to have done, and holds nothing up where it cannot be: a full disk is no reason to stay with what is sick. */
export async function attempt(log: StepContext['log'], what: string, act: () => unknown) {
  try {
    await act()
  } catch (error) {
    log('error', `${what} failed: ${(error as Error).message}`)
  }
}
