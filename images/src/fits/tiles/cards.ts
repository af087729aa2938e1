import type { Card } from '../../image.ts'

/** Of the table, or of how it is compressed (FITS 4.0, 10.1): no words about the image. */
const OF_TABLE =
  /^(TFIELDS|THEAP|T(TYPE|FORM|UNIT|NULL|SCAL|ZERO|DISP|DIM|COMM)\d+|ZIMAGE|ZCMPTYPE|Z(TILE|NAME|VAL)\d+|ZQUANTIZ|ZDITHER0|ZSCALE|ZZERO|ZBLANK|ZMASKCMP|ZSIMPLE|ZTENSION|ZEXTEND|ZBLOCKED|Z?HECKSUM|ZDATASUM|CHECKSUM|DATASUM|PCOUNT|GCOUNT|ZPCOUNT|ZGCOUNT)$/

/** The cards that the image had before it was compressed. */
export function imageCards(cards: readonly Card[]): Card[] {
  const own = new Map<string, Card>()
  for (const card of cards) {
    const name = /^Z(BITPIX|NAXIS\d*)$/.exec(card.keyword)?.[1]
    if (name) own.set(name, { ...card, keyword: name })
  }
  const axes = [...own.values()].filter(({ keyword }) => keyword !== 'BITPIX')
  const kept: Card[] = []
  for (const card of cards) {
    if (card.keyword === 'XTENSION') kept.push({ keyword: 'XTENSION', value: 'IMAGE' })
    else if (card.keyword === 'BITPIX') kept.push(own.get('BITPIX') ?? card, ...axes)
    else if (!OF_TABLE.test(card.keyword) && !/^Z?(BITPIX|NAXIS\d*)$/.test(card.keyword)) kept.push(card)
  }
  return kept
}
