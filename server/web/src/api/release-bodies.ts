/** What the server answers of releases and backups. */

export interface ReleaseBody {
  id: string
  version: string
  /** What was asked for when it was deployed; null where it was installed by hand. */
  ref: string | null
  /** Full id. */
  commit: string | null
  /** Who signed it. */
  signer: string | null
  /** `new`: it never ran; `unknown`: it was installed by hand. */
  state: 'good' | 'bad' | 'new' | 'unknown'
  /** Why it is bad. */
  reason: string | null
  madeAt: string | null
  deployedAt: string | null
  isCurrent: boolean
  /** It is the last one that was kept. */
  isTrusted: boolean
}

/** Newest first. */
export interface ReleasesBody {
  items: ReleaseBody[]
  /** Whether somebody is there who would put another release in its place. */
  redeployable: boolean
  /** Null where a checkout runs. */
  current: string | null
  /** The git repository that releases come from; null: none is set. */
  remote: string | null
  /** Whether what nobody signed may run. */
  unsigned: boolean
  /** The job of the redeploy that runs. */
  redeploy: string | null
}

export interface BackupBody {
  name: string
  at: string
  /** Of all its files, those too that it shares with others; 0 where it is not complete. */
  bytes: number
  frames: number
  models: number
  /** Else it was copied half-way, or something else has its name. */
  complete: boolean
  kind: 'nightly' | 'asked'
}

export interface BackupsBody {
  items: BackupBody[]
  folder: string
  /** When the next nightly one is made; null: none is. */
  nextAt: string | null
}
