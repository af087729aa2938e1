import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'

/** What a scrolled box may miss to its end, in pixels, and still be at it: browsers round. */
const NEARLY = 4

interface ScrolledToEndProps {
  label: string
  class: string
  /** Changes with what stands in it. */
  of: unknown
  children: ComponentChildren
}

/** A box that opens at its end, and stays there while more comes unless one scrolls back. */
export function ScrolledToEnd({ label, class: kind, of, children }: ScrolledToEndProps) {
  const box = useRef<HTMLElement>(null)
  const isAtEnd = useRef(true)
  const follow = () => {
    if (box.current && isAtEnd.current) box.current.scrollTop = box.current.scrollHeight
  }
  useLayoutEffect(follow, [of])
  // Also where it is unfolded, or the window gets narrower.
  useEffect(() => {
    const watching = new ResizeObserver(follow)
    if (box.current) watching.observe(box.current)
    return () => watching.disconnect()
  }, [])
  return (
    <section
      ref={box}
      class={kind}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard too
      tabIndex={0}
      aria-label={label}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEARLY
      }}
    >
      {children}
    </section>
  )
}
