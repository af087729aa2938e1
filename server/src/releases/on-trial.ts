import { existsSync } from 'node:fs'
import { homeAt } from './home.ts'

/** Whether a release is on trial, or gone back from: then each end of the server counts. @param deployDir null: none ever is */
export function isOnTrial(deployDir: string | null): boolean {
  return deployDir !== null && existsSync(homeAt(deployDir).pending)
}
