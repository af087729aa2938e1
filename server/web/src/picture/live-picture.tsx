import { useSignalEffect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { useConsole } from '../console.ts'
import { PictureLoader, type WantedPicture } from './picture-loader.ts'
import './picture.css'

interface LivePictureProps extends WantedPicture {
  /** Pixels. */
  width: number
}

/** The newest picture of a camera, changed without a flicker, or the one that was chosen. */
export function LivePicture({ frame, width, alt, isChosen = false }: LivePictureProps) {
  const place = useRef<HTMLDivElement>(null)
  const loader = useRef<PictureLoader | null>(null)
  useEffect(() => {
    if (!place.current) return
    const started = new PictureLoader(place.current, width)
    loader.current = started
    started.start()
    return () => started.close()
  }, [width])
  useEffect(() => loader.current?.show({ frame, alt, isChosen }), [frame, alt, isChosen, width])
  const { liveness } = useConsole().live
  useSignalEffect(() => {
    if (liveness.value === 'live') loader.current?.again()
  })
  return <div class="picture" ref={place} />
}
