import { useEffect, useState } from 'preact/hooks'
import { send } from '../../../api/client.ts'
import type { PictureName } from '../../../router/route.ts'
import type { Bounds } from './stretch.tsx'

const SETTLE_MS = 120

export interface Stretched {
  /** The address of the picture; null until it is here. */
  address: string | null
  fault: string | null
  isComing: boolean
}

/** A picture with other bounds, made by the server. @param bounds null: none is asked for */
export function useStretched({ source, basename }: PictureName, bounds: Bounds | null): Stretched {
  const [answer, setAnswer] = useState<Stretched>(NONE)
  useEffect(() => {
    if (bounds === null) return setAnswer(NONE)
    let isOld = false
    setAnswer((before) => ({ ...before, isComing: true }))
    const settling = setTimeout(() => {
      send<{ jpg_base64: string }>('POST', '/api/analysis/get-jpg', { source, basename, ...bounds }).then(
        ({ jpg_base64 }) => {
          const address = `data:image/jpeg;base64,${jpg_base64.replace(/^data:[^,]*,/, '')}`
          if (!isOld) setAnswer({ address, fault: null, isComing: false })
        },
        (error: Error) => isOld || setAnswer((before) => ({ ...before, fault: error.message, isComing: false })),
      )
    }, SETTLE_MS)
    return () => {
      isOld = true
      clearTimeout(settling)
    }
  }, [source, basename, bounds?.zmin, bounds?.zmax])
  return answer
}

const NONE: Stretched = { address: null, fault: null, isComing: false }
