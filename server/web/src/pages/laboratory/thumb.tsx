import { useEffect, useRef, useState } from 'preact/hooks'
import { get } from '../../api/client.ts'
import type { NamedEntry } from '../../api/laboratory-bodies.ts'
import { FrameImage } from '../../picture/frame-image.tsx'
import { frameOf } from './entries.ts'
import { pathOf } from './session/operations.ts'

interface ThumbProps {
  entry: NamedEntry
  /** Its address, where it is known. */
  small?: string | null
}

const WIDTH = 320

/** A picture, small; of those that are no frames the server is asked for the address when they come into view. */
export function Thumb({ entry, small = null }: ThumbProps) {
  const frame = frameOf(entry)
  return (
    <span class="thumb">
      {frame ? (
        <FrameImage frame={frame.id} width={WIDTH} alt="" loading="lazy" />
      ) : small === null ? (
        <Asked entry={entry} />
      ) : (
        <img src={small} alt="" loading="lazy" decoding="async" />
      )}
    </span>
  )
}

function Asked({ entry: { basename } }: { entry: NamedEntry }) {
  const place = useRef<HTMLSpanElement>(null)
  const [address, setAddress] = useState<string | null>(null)
  useEffect(() => {
    const ending = new AbortController()
    const observer = new IntersectionObserver((seen) => {
      if (!seen.some(({ isIntersecting }) => isIntersecting)) return
      observer.disconnect()
      const path = `/thumbnails/${encodeURIComponent(basename)}/`
      get<{ url: string }>(path, { width: WIDTH, height: WIDTH }, ending.signal).then(
        ({ url }) => setAddress(pathOf(url)),
        () => {}, // its place stays empty
      )
    })
    if (place.current) observer.observe(place.current)
    return () => {
      ending.abort()
      observer.disconnect()
    }
  }, [basename])
  return address === null ? <span ref={place} /> : <img src={address} alt="" decoding="async" />
}
