/** What the redeployer reads from its environment; the server documents the same names. */
export interface RedeploySettings {
  /** Address of the git repository that releases come from; null: none is configured. */
  remote: string | null
  /** Whether what nobody signed may run. */
  unsigned: boolean
  /** `allowed_signers` file of ssh-keygen(1); `revoked_keys` beside it, where there is one. */
  signersFile: string
  /** So many releases stay, those that run and are trusted among them. */
  kept: number
  /** So long a release has to answer well before it is kept. */
  trialMs: number
}
