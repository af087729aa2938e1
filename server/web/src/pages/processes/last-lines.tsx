import { useLayoutEffect, useRef } from 'preact/hooks'

/** What a scrolled box may miss to its end, in pixels, and still be at it: browsers round. */
const NEARLY = 4

/** What a process said last: opens at the newest line, and stays there unless one scrolls back. */
export function LastLines({ name, lines }: { name: string; lines: string[] }) {
  const box = useRef<HTMLElement>(null)
  const isAtEnd = useRef(true)
  const follow = () => {
    if (box.current && isAtEnd.current) box.current.scrollTop = box.current.scrollHeight
  }
  useLayoutEffect(follow, [lines])
  return (
    <details onToggle={follow}>
      <summary>Its last lines</summary>
      <section
        ref={box}
        class="last-lines"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard too
        tabIndex={0}
        aria-label={`Last lines of ${name}`}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEARLY
        }}
      >
        <pre>{lines.join('\n')}</pre>
      </section>
    </details>
  )
}
