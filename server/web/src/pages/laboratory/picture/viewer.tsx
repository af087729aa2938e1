import { useEffect, useRef, useState } from 'preact/hooks'
import { Button } from '../../../design/elements.tsx'
import { type Box, inPicture, type Line, lengthOf, type Place, panned, type View, WHOLE, zoomed } from './view.ts'

interface ViewerProps {
  /** Its address. */
  picture: string
  name: string
  /** In samples; null until it is here. */
  size: Box | null
  line: Line | null
  onSize(size: Box): void
  /** @param isEnd it was let go */
  onLine(line: Line | null, isEnd: boolean): void
  onFailed(): void
}

const STEP = 1.5
const PAN = 0.15
const WHEEL = 0.0015
/** From here on single samples are seen as squares. */
const COARSE = 4

/** A picture to look into: wheel, fingers and keys zoom and move it; in the other mode a line is drawn on it. */
export function Viewer({ picture, name, size, line, onSize, onLine, onFailed }: ViewerProps) {
  const window = useRef<HTMLDivElement>(null)
  const [view, setView] = useState<View>(WHOLE)
  const [isDrawing, setDrawing] = useState(false)
  const pointers = useRef(new Map<number, Place>())
  const from = useRef<Place | null>(null)
  const isWhole = useRef(true)
  isWhole.current = view.scale === 1
  const boxOf = (): Box => ({
    width: window.current?.clientWidth || 1,
    height: window.current?.clientHeight || 1,
  })
  const placeOf = ({ clientX, clientY }: MouseEvent): Place => {
    const { left = 0, top = 0 } = window.current?.getBoundingClientRect() ?? {}
    return { x: clientX - left, y: clientY - top }
  }
  const zoom = (factor: number, at?: Place) => {
    const box = boxOf()
    setView((before) => zoomed(before, factor, at ?? { x: box.width / 2, y: box.height / 2 }, box))
  }
  // By hand: a listener that is not passive keeps the page from scrolling meanwhile.
  useEffect(() => {
    const element = window.current
    const onWheel = (event: WheelEvent) => {
      if (isWhole.current && event.deltaY > 0) return // there is nothing to zoom out of: the page goes on
      event.preventDefault()
      zoom(Math.exp(-event.deltaY * WHEEL), placeOf(event))
    }
    element?.addEventListener('wheel', onWheel, { passive: false })
    return () => element?.removeEventListener('wheel', onWheel)
  }, [])
  useEffect(() => {
    if (!window.current) return
    const resizing = new ResizeObserver(() => setView((before) => panned(before, 0, 0, boxOf())))
    resizing.observe(window.current)
    return () => resizing.disconnect()
  }, [])

  const lineTo = (at: Place, isEnd: boolean) => {
    if (!from.current || !size) return
    const [begin, end] = [from.current, at].map((one) => inPicture(view, one, boxOf(), size)) as [Place, Place]
    const drawn = { x1: begin.x, y1: begin.y, x2: end.x, y2: end.y }
    if (isEnd) from.current = null
    onLine(lengthOf(drawn) < 1 ? null : drawn, isEnd)
  }
  const onDown = (event: PointerEvent) => {
    if (event.button !== 0) return
    event.preventDefault()
    window.current?.focus()
    window.current?.setPointerCapture(event.pointerId)
    pointers.current.set(event.pointerId, placeOf(event))
    from.current = isDrawing && pointers.current.size === 1 ? placeOf(event) : null
  }
  const onMove = (event: PointerEvent) => {
    const before = pointers.current.get(event.pointerId)
    if (!before) return
    const now = placeOf(event)
    const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1]
    pointers.current.set(event.pointerId, now)
    if (other) {
      const factor = Math.hypot(now.x - other.x, now.y - other.y) / Math.hypot(before.x - other.x, before.y - other.y)
      if (Number.isFinite(factor)) zoom(factor, { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 })
    } else if (isDrawing) lineTo(now, false)
    else setView((one) => panned(one, now.x - before.x, now.y - before.y, boxOf()))
  }
  const onUp = (event: PointerEvent) => {
    pointers.current.delete(event.pointerId)
    if (isDrawing && from.current) lineTo(placeOf(event), true)
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const { width, height } = boxOf()
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [PAN * width, 0],
      ArrowRight: [-PAN * width, 0],
      ArrowUp: [0, PAN * height],
      ArrowDown: [0, -PAN * height],
    }
    const move = moves[event.key]
    if (move) setView((before) => panned(before, ...move, boxOf()))
    else if (event.key === '+' || event.key === '=') zoom(STEP)
    else if (event.key === '-') zoom(1 / STEP)
    else if (event.key === '0') setView(WHOLE)
    else return
    event.preventDefault()
  }
  return (
    <div class="look">
      <div class="buttons">
        <Button aria-pressed={!isDrawing} onClick={() => setDrawing(false)}>
          Move
        </Button>
        <Button aria-pressed={isDrawing} onClick={() => setDrawing(true)}>
          Draw a line
        </Button>
        <span class="zooms">
          <Button aria-label="Zoom in" disabled={size === null} onClick={() => zoom(STEP)}>
            +
          </Button>
          <Button aria-label="Zoom out" disabled={view.scale === 1} onClick={() => zoom(1 / STEP)}>
            −
          </Button>
          <Button disabled={view.scale === 1} onClick={() => setView(WHOLE)}>
            All of it
          </Button>
        </span>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a picture that is moved by hand is no element of HTML */}
      <div
        ref={window}
        class={isDrawing ? 'viewer drawing' : 'viewer'}
        role="group"
        aria-label={`${name}: + and - zoom, arrows move, 0 shows all`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys zoom and move it
        tabIndex={0}
        style={{ '--ratio': size ? size.width / size.height : 16 / 9 }}
        onPointerDown={onDown}
        onPointerMove={onMove}
        onPointerUp={onUp}
        onPointerCancel={onUp}
        onKeyDown={onKey}
        onDblClick={(event) => zoom(STEP, placeOf(event))}
      >
        <div class="stage" style={{ transform: `translate(${view.x}px, ${view.y}px) scale(${view.scale})` }}>
          <img
            src={picture}
            alt={name}
            draggable={false}
            class={view.scale >= COARSE ? 'coarse' : undefined}
            onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
              onSize({ width: naturalWidth, height: naturalHeight })
            }
            onError={onFailed}
          />
          {size && line && (
            <svg viewBox={`0 0 ${size.width} ${size.height}`} preserveAspectRatio="none" aria-hidden="true">
              <line {...line} class="under" />
              <line {...line} />
            </svg>
          )}
        </div>
      </div>
      <p class="hint">
        {isDrawing ? 'Drag from one end of the line to the other.' : 'The wheel or two fingers zoom; drag to move.'}{' '}
        {view.scale > 1 && `${view.scale.toFixed(1)} times`}
      </p>
    </div>
  )
}
