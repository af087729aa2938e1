import { HttpError } from '../../http/errors.ts'
import { InTurn } from '../../in-turn.ts'

/** Each waits at most some seconds for those before it, and holds what it is about. */
const MOST_WAITING = 200

const turns = new InTurn(
  1,
  MOST_WAITING,
  () => new HttpError(503, 'busy', `the parameters of ${MOST_WAITING} calls wait to be checked: ask again in a moment`),
)

/**
 * Checks parameters while nobody else's are checked. Before each the event loop does whatever else it has to: twenty calls at
 * once stop it no longer than one does.
 * @throws HttpError 503 `busy`; what the check throws
 */
export function inTurn<T>(check: () => T): Promise<T> {
  return turns.run(async () => {
    await new Promise<void>((resolve) => setImmediate(resolve))
    return check()
  })
}
