import { useState } from 'preact/hooks'
import type { FrameQuery } from '../../../api/laboratory-bodies.ts'
import { Button } from '../../../design/elements.tsx'
import { SpanFields } from '../add/span-fields.tsx'
import { countInWords, useFrameCount } from '../add/use-frame-count.ts'

/** Frames of a span as one entry: the operation takes those that are there when it begins. */
export function SpanEntry({ onAdd }: { onAdd(query: FrameQuery): void }) {
  const [query, setQuery] = useState<FrameQuery | null>(null)
  const count = useFrameCount(query)
  return (
    <div class="pool">
      <SpanFields query={query} onChange={setQuery} />
      <p class="hint" role="status">
        {countInWords(count, 'As they are when the operation begins.')}
      </p>
      <Button disabled={query === null} onClick={() => query && onAdd(query)}>
        Take these frames
      </Button>
    </div>
  )
}
