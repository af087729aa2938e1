import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** What a person does to a stretch of time; places are fractions of its width, 0..1. */
export interface ZoomHandlers {
  /** Closer (below 1) or farther, around a place. @returns whether that changed anything */
  onZoom(factor: number, at: number): boolean
  /** By a fraction of the width, to the future where positive. @returns whether that changed anything */
  onMove(fraction: number): boolean
  /** A stretch is being drawn with the mouse; null when that ends. */
  onSelecting(stretch: { one: number; other: number } | null): void
  onSelected(one: number, other: number): void
  onPick(at: number): void
}

/** A shorter drag is a click. Pixels. */
const LEAST_DRAG = 5
const WHEEL_SPEED = 0.0015

/** A wheel turned sideways moves, with Ctrl or where one has clicked before it zooms; else it scrolls the page. A drag with the mouse selects, a finger moves, two fingers zoom, a click picks. */
export function useZoom(place: RefObject<HTMLElement | null>, handlers: ZoomHandlers) {
  const latest = useRef(handlers)
  latest.current = handlers
  useEffect(() => {
    const element = place.current
    if (!element) return
    const gesture = new Gesture(element, () => latest.current)
    gesture.start()
    return () => gesture.close()
  }, [])
}

class Gesture {
  readonly #element: HTMLElement
  readonly #handlers: () => ZoomHandlers
  readonly #ending = new AbortController()
  /** Where each finger or the mouse is now, and where the first one came down. */
  readonly #pointers = new Map<number, number>()
  #begin = 0
  #isDragging = false

  constructor(element: HTMLElement, handlers: () => ZoomHandlers) {
    this.#element = element
    this.#handlers = handlers
  }

  start() {
    const { signal } = this.#ending
    this.#element.addEventListener('wheel', (event) => this.#onWheel(event), { signal, passive: false })
    this.#element.addEventListener('pointerdown', (event) => this.#onDown(event), { signal })
    this.#element.addEventListener('pointermove', (event) => this.#onMove(event), { signal })
    this.#element.addEventListener('pointerup', (event) => this.#onUp(event), { signal })
    this.#element.addEventListener('pointercancel', (event) => this.#onCancel(event), { signal })
  }

  close() {
    this.#ending.abort()
  }

  #placeOf({ clientX }: MouseEvent): number {
    const { left, width } = this.#element.getBoundingClientRect()
    return Math.min(1, Math.max(0, (clientX - left) / width))
  }

  #onWheel(event: WheelEvent) {
    // Ctrl with the wheel would zoom the whole page, and is what a touchpad says of two fingers.
    if (this.#turn(event) || event.ctrlKey) event.preventDefault()
  }

  /** @returns whether the wheel was for this stretch: one that scrolls past it is not held up */
  #turn(event: WheelEvent): boolean {
    const { onMove, onZoom } = this.#handlers()
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) return onMove(event.deltaX / this.#element.clientWidth)
    if (!event.ctrlKey && !this.#element.contains(document.activeElement)) return false
    return onZoom(Math.exp(event.deltaY * WHEEL_SPEED), this.#placeOf(event))
  }

  #onDown(event: PointerEvent) {
    if (event.button !== 0) return
    this.#element.setPointerCapture(event.pointerId)
    const place = this.#placeOf(event)
    this.#pointers.set(event.pointerId, place)
    if (this.#pointers.size === 1) {
      this.#begin = place
      this.#isDragging = false
    }
  }

  #onMove(event: PointerEvent) {
    const before = this.#pointers.get(event.pointerId)
    if (before === undefined) return
    const now = this.#placeOf(event)
    if (Math.abs(now - this.#begin) * this.#element.clientWidth >= LEAST_DRAG) this.#isDragging = true
    if (!this.#isDragging) return
    const others = [...this.#pointers].filter(([id]) => id !== event.pointerId)
    this.#pointers.set(event.pointerId, now)
    const other = others[0]?.[1]
    if (other !== undefined) this.#pinch(before, now, other)
    else if (event.pointerType === 'touch') this.#handlers().onMove(before - now)
    else this.#handlers().onSelecting({ one: this.#begin, other: now })
  }

  #pinch(before: number, now: number, other: number) {
    const [was, is] = [Math.abs(before - other), Math.abs(now - other)]
    if (was > 0.01 && is > 0.01) this.#handlers().onZoom(was / is, (now + other) / 2)
  }

  #onUp(event: PointerEvent) {
    const wasAlone = this.#pointers.size === 1
    if (!this.#pointers.delete(event.pointerId) || !wasAlone) return
    const place = this.#placeOf(event)
    if (!this.#isDragging) this.#handlers().onPick(place)
    else if (event.pointerType !== 'touch') this.#handlers().onSelected(this.#begin, place)
    this.#handlers().onSelecting(null)
  }

  #onCancel(event: PointerEvent) {
    this.#pointers.delete(event.pointerId)
    this.#handlers().onSelecting(null)
  }
}
