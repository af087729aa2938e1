import type { Operation } from './operation.ts'
import { classify } from './operations/classify.ts'
import { colorImage } from './operations/color-image.ts'
import { contactSheet } from './operations/contact-sheet.ts'
import { crop } from './operations/crop.ts'
import { differenceFromBackground } from './operations/difference-from-background.ts'
import { doorTimeline } from './operations/door-timeline.ts'
import { frameStatistics } from './operations/frame-statistics.ts'
import { histogram } from './operations/histogram.ts'
import { lineProfile } from './operations/line-profile.ts'
import { median } from './operations/median.ts'
import { normalization } from './operations/normalization.ts'
import { stacking } from './operations/stacking.ts'
import { subtraction } from './operations/subtraction.ts'
import { threshold } from './operations/threshold.ts'
import { timeLapse } from './operations/time-lapse.ts'

/** Every operation: a file in `operations/`, and a line here. `npm run new-operation NAME` writes both. */
// biome-ignore format: a line each, so that two who add one do not meet
export const OPERATIONS: readonly Operation[] = [
  classify,
  colorImage,
  contactSheet,
  crop,
  differenceFromBackground,
  doorTimeline,
  frameStatistics,
  histogram,
  lineProfile,
  median,
  normalization,
  stacking,
  subtraction,
  threshold,
  timeLapse,
]
