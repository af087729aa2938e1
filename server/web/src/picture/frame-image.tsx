import { useEffect, useRef, useState } from 'preact/hooks'
import { useConsole } from '../console.ts'
import { pictureAddress } from './picture-loader.ts'

interface FrameImageProps {
  frame: string
  /** Pixels; the server keeps pictures of 160, 320, 640 and 1280 ready. */
  width: number
  alt: string
  loading?: 'lazy' | 'eager'
  decoding?: 'sync' | 'async'
  onLoad?(): void
  onError?(): void
}

/** A picture of a frame. One that failed, as while the server is away, is asked for again when the console is live. */
export function FrameImage({
  frame,
  width,
  alt,
  loading = 'eager',
  decoding = 'async',
  onLoad,
  onError,
}: FrameImageProps) {
  const liveness = useConsole().live.liveness.value
  const hasFailed = useRef(false)
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    if (liveness !== 'live' || !hasFailed.current) return
    hasFailed.current = false
    setAttempt((before) => before + 1)
  }, [liveness])
  return (
    <img
      key={`${frame} ${attempt}`}
      src={pictureAddress(frame, width)}
      alt={alt}
      loading={loading}
      decoding={decoding}
      onLoad={() => onLoad?.()}
      onError={() => {
        hasFailed.current = true
        onError?.()
      }}
    />
  )
}
