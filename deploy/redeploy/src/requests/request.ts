/**
 * One line of JSON that comes by the socket, answered by one line: `{"accepted":true}` or
 * `{"refused":{"code","message"}}`. The server of any release talks to the redeployer of any other: fields are only added.
 */
export interface Request {
  v: 1
  /** Names the run: letters, digits and `-`. Asked again with the same name, the run goes on and is accepted. */
  job: string
  /** A tag, a branch or a commit of the remote; null: the newest version tag. */
  ref: string | null
  /** A release that is there already, to go back to; then `ref` is null. */
  release: string | null
  /** Also one that is marked bad. */
  force: boolean
  /** Who asked. */
  by: string
}

export type Answer = { accepted: true } | { refused: { code: string; message: string } }

const JOB = /^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/

/** Whether it has the shape; not whether it can be done. */
export function isRequest(value: unknown): value is Request {
  const { v, job, ref, release, force, by } = (value ?? {}) as Partial<Request>
  const isText = (text: unknown) => text === null || (typeof text === 'string' && text.length <= 200)
  return (
    v === 1 &&
    typeof job === 'string' &&
    JOB.test(job) &&
    isText(ref) &&
    isText(release) &&
    (ref === null || release === null) &&
    typeof force === 'boolean' &&
    typeof by === 'string' &&
    by.length <= 200
  )
}
