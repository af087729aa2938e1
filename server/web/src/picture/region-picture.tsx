import type { Point } from '../api/bodies.ts'
import { pictureAddress } from './picture-loader.ts'
import { RegionShade } from './region-shade.tsx'
import './polygon.css'

interface RegionPictureProps {
  /** Null where there is none yet. */
  frame: string | null
  region: Point[]
  alt: string
}

const WIDTH = 320

/** A picture of which all but a region is dimmed. */
export function RegionPicture({ frame, region, alt }: RegionPictureProps) {
  return (
    <div class="polygon-place still">
      {frame && <img src={pictureAddress(frame, WIDTH)} alt={alt} loading="lazy" />}
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
        <RegionShade region={region} />
      </svg>
    </div>
  )
}
