/** A picture that is not here by then gives way to a newer one. Milliseconds. */
const LIMIT_MS = 15_000
const NOT_FOUND = 404

/** What came of asking for a picture; `gone` is one that the server does not keep any more, and never will again. */
export type Answer = HTMLImageElement | 'gone' | 'failed'

/** The picture, ready to be painted. @param signal ends the request */
export async function decoded(address: string, signal: AbortSignal): Promise<Answer> {
  const image = new Image()
  image.src = address
  const { promise: tooLate, reject } = Promise.withResolvers<never>()
  const giveUp = () => reject(new Error('given up'))
  const limit = setTimeout(giveUp, LIMIT_MS)
  signal.addEventListener('abort', giveUp)
  try {
    await Promise.race([image.decode(), tooLate])
    return image
  } catch {
    image.src = '' // ends the request
    return !signal.aborted && (await isGone(address)) ? 'gone' : 'failed'
  } finally {
    clearTimeout(limit)
    signal.removeEventListener('abort', giveUp)
  }
}

/** An image does not say why it failed. */
async function isGone(address: string): Promise<boolean> {
  const response = await fetch(address, { method: 'HEAD', signal: AbortSignal.timeout(LIMIT_MS) }).catch(() => null)
  return response?.status === NOT_FOUND
}
