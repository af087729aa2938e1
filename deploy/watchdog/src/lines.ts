import { StringDecoder } from 'node:string_decoder'

/** Longer lines are cut: a process that never ends its line must not fill our memory. */
const LONGEST = 8192

/** Splits what a process prints into lines. */
export function onLines(stream: NodeJS.ReadableStream, take: (line: string) => void) {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  stream.on('data', (chunk: Buffer) => {
    const parts = (rest + decoder.write(chunk)).split('\n')
    rest = (parts.pop() ?? '').slice(0, LONGEST)
    for (const line of parts) take(line.slice(0, LONGEST))
  })
  stream.on('end', () => {
    if (rest !== '') take(rest)
  })
}
