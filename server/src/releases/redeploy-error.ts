/** Why a redeploy did not come to what was asked for; the code stays in its job. */
export class RedeployError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}
