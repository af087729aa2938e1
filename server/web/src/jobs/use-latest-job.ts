import { useEffect, useMemo, useRef } from 'preact/hooks'
import type { JobBody } from '../api/bodies.ts'
import { isAway } from '../api/client.ts'
import { useConsole } from '../console.ts'
import { LatestJob } from './latest-job.ts'

/**
 * Follows the latest job of a kind as long as a part of the page is shown.
 * @param camera `device/camera`; null: it is none of a camera
 * @param onEnded told of its end
 */
export function useLatestJob<Result>(
  camera: string | null,
  kind: string,
  onEnded: (job: JobBody<Result>) => void,
): LatestJob<Result> {
  const { live, notices } = useConsole()
  const tell = useRef(onEnded)
  tell.current = onEnded
  const followed = useMemo(
    () => new LatestJob<Result>({ camera, kind, onEnded: (job) => tell.current(job) }),
    [camera, kind],
  )
  // Also when the line is back: what it told meanwhile may be lost. Of a server that is away other things tell.
  useEffect(
    () => void followed.find().catch((error) => isAway(error) || notices.failed(error)),
    [followed, live.liveness.value],
  )
  useEffect(() => {
    const end = live.listen((event) => event.kind === 'job' && followed.hear(event.data))
    return () => {
      end()
      followed.close()
    }
  }, [followed])
  return followed
}
