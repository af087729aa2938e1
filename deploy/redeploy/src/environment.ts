import { join } from 'node:path'
import { type Home, homeAt } from './home/home.ts'
import type { RedeploySettings } from './settings.ts'

export type Environment = Record<string, string | undefined>

/** @throws Error that names the variable */
export function homeOf(environment: Environment): Home {
  const folder = environment.AJAR_DEPLOY_DIR
  if (!folder) throw new Error('AJAR_DEPLOY_DIR is not set: it names the folder that holds `releases`')
  return homeAt(folder)
}

/** The server has checked the same names more closely before it starts; here a wrong one stops nothing that runs. */
export function settingsOf(environment: Environment, dataDir: string): RedeploySettings {
  const { AJAR_RELEASE_REMOTE_URL: remote, AJAR_RELEASE_SIGNERS: signers } = environment
  const usual = environment.AJAR_REDEPLOY_HOST === 'systemd' ? '/etc/ajar' : dataDir
  return {
    remote: remote || null,
    unsigned: environment.AJAR_RELEASE_UNSIGNED === '1',
    signersFile: signers || join(usual, 'allowed_signers'),
    kept: Math.max(2, numberOr(5, environment.AJAR_RELEASES_KEPT)),
    trialMs: Math.max(1, numberOr(10, environment.AJAR_RELEASE_TRIAL)) * 1000,
  }
}

function numberOr(usual: number, text: string | undefined): number {
  return /^\d{1,6}$/.test(text ?? '') ? Number(text) : usual
}
