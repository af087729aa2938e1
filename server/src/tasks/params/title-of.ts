/** A name as people read it: `hot_pixel`, `hotPixel` -> `Hot Pixel`. */
export function titleOf(name: string): string {
  const words = name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .split(/[_\-\s]+/)
    .filter((word) => word !== '')
  return words.length === 0 ? name : words.map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`).join(' ')
}
