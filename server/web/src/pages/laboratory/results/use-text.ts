import { useEffect, useState } from 'preact/hooks'

/** More is not shown; it is all in the file. Bytes. */
const MOST = 2_000_000

/** The begin of a text file. `text` is null until it is here. */
export function useText(path: string | null): { text: string | null; isCut: boolean; fault: string | null } {
  const [answer, setAnswer] = useState<{ text: string | null; isCut: boolean; fault: string | null }>(NONE)
  useEffect(() => {
    if (path === null) return
    const ending = new AbortController()
    beginOf(path, ending.signal).then(
      ({ text, isCut }) => setAnswer({ text, isCut, fault: null }),
      (error: Error) => ending.signal.aborted || setAnswer({ ...NONE, fault: error.message }),
    )
    return () => ending.abort()
    // Signed anew it is the same file.
  }, [path?.split('?')[0]])
  return answer
}

const NONE = { text: null, isCut: false, fault: null }

async function beginOf(path: string, signal: AbortSignal) {
  const response = await fetch(path, { signal })
  if (!response.ok || response.body === null)
    throw new Error(`It could not be loaded: the server answered ${response.status}.`)
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return { text, isCut: false }
    text += value
    if (text.length < MOST) continue
    await reader.cancel()
    return { text, isCut: true }
  }
}
