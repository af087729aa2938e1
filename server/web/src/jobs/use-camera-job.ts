import { useEffect, useMemo, useRef } from 'preact/hooks'
import type { JobBody } from '../api/bodies.ts'
import { useConsole } from '../console.ts'
import { CameraJob } from './camera-job.ts'

/** Follows the latest job of a kind as long as a part of the page is shown. @param onEnded told of its end */
export function useCameraJob<Result>(
  camera: string,
  kind: string,
  onEnded: (job: JobBody<Result>) => void,
): CameraJob<Result> {
  const { live, notices } = useConsole()
  const tell = useRef(onEnded)
  tell.current = onEnded
  const followed = useMemo(
    () => new CameraJob<Result>({ camera, kind, onEnded: (job) => tell.current(job) }),
    [camera, kind],
  )
  // Also when the line is back: what it told meanwhile may be lost.
  useEffect(() => void followed.find().catch((error) => notices.failed(error)), [followed, live.liveness.value])
  useEffect(() => {
    const end = live.listen((event) => event.kind === 'job' && followed.hear(event.data))
    return () => {
      end()
      followed.close()
    }
  }, [followed])
  return followed
}
