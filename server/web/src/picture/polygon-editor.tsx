import { type Signal, useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import type { Point } from '../api/bodies.ts'
import { Button } from '../design/elements.tsx'
import { pictureAddress } from './picture-loader.ts'
import { corner, LEAST_CORNERS, MOST_CORNERS, pointsText, rectangle } from './polygon.ts'
import './polygon.css'

interface PolygonEditorProps {
  /** The picture that is drawn on. */
  frame: string
  /** For those who do not see it. */
  label: string
  /** What is drawn: `the mask`. */
  thing: string
  /** The corners of the next polygon. */
  drawn: Signal<Point[]>
  /** There can be no more. */
  isFull?: boolean
  onClose(polygon: Point[]): void
  /** What is drawn already, in an SVG of 100 x 100, and over it. */
  children?: ComponentChildren
  over?: ComponentChildren
  /** More buttons. */
  buttons?: ComponentChildren
}

const STEP = 0.02
const PICTURE_WIDTH = 640
const MOVES: Record<string, [number, number]> = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
}

function cornerAt({ clientX, clientY, currentTarget }: { clientX: number; clientY: number; currentTarget: Element }) {
  const box = currentTarget.getBoundingClientRect()
  return corner((clientX - box.left) / box.width, (clientY - box.top) / box.height)
}

/**
 * A polygon is drawn on a picture, by pointer or by keys: a click or Space sets a corner, Enter closes. Where there is no
 * corner yet, dragging draws a rectangle.
 */
export function PolygonEditor({
  frame,
  label,
  thing,
  drawn,
  isFull = false,
  onClose,
  children,
  over,
  buttons,
}: PolygonEditorProps) {
  const cursor = useSignal<Point | null>(null)
  const dragged = useSignal<Point[] | null>(null)
  const dragFrom = useRef<Point | null>(null)
  // A click follows the end of a drag.
  const wasDragged = useRef(false)
  const drag = (to: Point) => {
    if (dragFrom.current) dragged.value = rectangle(dragFrom.current, to)
  }
  const endDrag = () => {
    const polygon = dragged.value
    dragFrom.current = null
    dragged.value = null
    if (polygon === null) return
    wasDragged.current = true
    onClose(polygon)
  }
  const add = (point: Point) => {
    const isThere = drawn.value.some(({ x, y }) => x === point.x && y === point.y)
    if (!isThere && !isFull && drawn.value.length < MOST_CORNERS) drawn.value = [...drawn.value, point]
  }
  const takeBack = () => {
    drawn.value = drawn.value.slice(0, -1)
  }
  const close = () => {
    if (drawn.value.length < LEAST_CORNERS) return
    onClose(drawn.value)
    drawn.value = []
  }
  const onKey = (event: KeyboardEvent) => {
    const at = cursor.value ?? corner(0.5, 0.5)
    const move = MOVES[event.key]
    if (move) cursor.value = corner(at.x + move[0], at.y + move[1])
    else if (event.key === ' ') add(at)
    else if (event.key === 'Enter') close()
    else if (event.key === 'Backspace') takeBack()
    else return
    event.preventDefault()
  }
  return (
    <>
      <div
        class="polygon-place"
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes the keys itself
        tabIndex={0}
        aria-label={label}
        onKeyDown={onKey}
        onFocus={() => {
          cursor.value ??= corner(0.5, 0.5)
        }}
        onPointerDown={(event) => {
          wasDragged.current = false
          // A finger that is dragged scrolls the page.
          if (event.pointerType === 'touch' || event.button !== 0 || isFull || drawn.value.length > 0) return
          dragFrom.current = cornerAt(event)
          event.currentTarget.setPointerCapture(event.pointerId)
        }}
        onPointerMove={(event) => drag(cornerAt(event))}
        onPointerUp={endDrag}
        onPointerCancel={() => {
          dragged.value = null
          endDrag()
        }}
        onClick={(event) => {
          if (!wasDragged.current) add(cornerAt(event))
        }}
      >
        <img src={pictureAddress(frame, PICTURE_WIDTH)} alt="" draggable={false} />
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
          {children}
          {dragged.value && <polygon class="outline" points={pointsText(dragged.value)} />}
          <Drawn points={drawn.value} cursor={cursor.value} />
        </svg>
        {over}
      </div>
      <div class="buttons">
        <Button onClick={close} disabled={drawn.value.length < LEAST_CORNERS}>
          Close {thing}
        </Button>
        <Button onClick={takeBack} disabled={drawn.value.length === 0}>
          Take back a corner
        </Button>
        {buttons}
      </div>
    </>
  )
}

/** Why what is drawn cannot be saved yet, or null. @param thing as `a mask` @param named as `the mask` */
export function whyNotClosed(corners: number, thing: string, named: string): string | null {
  if (corners === 0) return null
  const missing = LEAST_CORNERS - corners
  return missing > 0
    ? `${thing} has ${LEAST_CORNERS} corners at least: set ${missing} more and close it, or take them back.`
    : `Close ${named} or take its corners back, then save.`
}

function Drawn({ points, cursor }: { points: Point[]; cursor: Point | null }) {
  return (
    <>
      {points.length > 0 && <polyline class="outline" points={pointsText(points)} />}
      {points.map((point) => (
        <ellipse key={`${point.x} ${point.y}`} class="corner" cx={point.x * 100} cy={point.y * 100} rx="0.8" ry="1.2" />
      ))}
      {cursor && (
        <path
          class="cross"
          d={`M${cursor.x * 100 - 3} ${cursor.y * 100}h6M${cursor.x * 100} ${cursor.y * 100 - 4}v8`}
        />
      )}
    </>
  )
}
