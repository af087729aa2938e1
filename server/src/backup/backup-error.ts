export type BackupErrorCode =
  /** Another backup into the same folder is under way. */
  | 'backup_running'
  /** There is nothing to back up. */
  | 'no_data'
  /** The disk that backups go to has too little room. */
  | 'no_room'
  /** A camera was renamed meanwhile, so that its labels and its frames do not find each other. */
  | 'renaming'
  /** What is to be restored is no backup, or not as it was made. */
  | 'not_a_backup'
  | 'damaged'
  /** The folder that is to be restored into holds something, or somebody restores into it. */
  | 'not_empty'
  | 'no_such_user'
  | 'not_owned'

/** A backup cannot be made or restored; the message says what to do. */
export class BackupError extends Error {
  readonly code: BackupErrorCode
  /** `environment`: another time it may go well. */
  readonly fault: 'caller' | 'environment'

  constructor(code: BackupErrorCode, message: string, fault: 'caller' | 'environment' = 'caller') {
    super(message)
    this.code = code
    this.fault = fault
  }
}
