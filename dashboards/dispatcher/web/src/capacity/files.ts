// Files that the page makes itself: a workbook is a ZIP of XML (ECMA-376), here without
// compression, with one sheet. Numbers stay numbers, texts are texts and no formulas.

export type Cell = string | number;

/** save hands a file to the browser. */
export function save(name: string, type: string, content: Uint8Array<ArrayBuffer>): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const sheets = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const packages = 'http://schemas.openxmlformats.org/package/2006';

/** workbook is an XLSX file of one sheet whose first row is bold and stays in sight. */
export function workbook(title: string, rows: Cell[][]): Uint8Array<ArrayBuffer> {
  const widths = rows[0]!.map((_, i) => Math.min(60, Math.max(...rows.map((r) => `${r[i] ?? ''}`.length)) + 2));
  const parts: [string, string][] = [
    ['[Content_Types].xml', `<Types xmlns="${packages}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
      ['workbook:sheet.main', 'sheet:worksheet', 'styles:styles'].map((p) => p.split(':')).map(([file, kind]) => `<Override PartName="/${file}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.${kind}+xml"/>`).join('') + '</Types>'],
    ['_rels/.rels', relations([['officeDocument', 'workbook.xml']])],
    ['workbook.xml', `<workbook xmlns="${sheets}" xmlns:r="${office}"><sheets><sheet name="${text(title.replace(/[\\/?*[\]:]/g, ' ').slice(0, 31))}" sheetId="1" r:id="r1"/></sheets></workbook>`],
    ['_rels/workbook.xml.rels', relations([['worksheet', 'sheet.xml'], ['styles', 'styles.xml']])],
    ['styles.xml', `<styleSheet xmlns="${sheets}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="1"><fill><patternFill patternType="none"/></fill></fills>` +
      '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/><xf fontId="1" applyFont="1"/></cellXfs></styleSheet>'],
    ['sheet.xml', `<worksheet xmlns="${sheets}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" state="frozen"/></sheetView></sheetViews>` +
      `<cols>${widths.map((w, i) => `<col min="${i + 1}" max="${i + 1}" width="${w}" customWidth="1"/>`).join('')}</cols>` +
      `<sheetData>${rows.map((r, i) => `<row>${r.map((c) => cell(c, i === 0)).join('')}</row>`).join('')}</sheetData></worksheet>`],
  ];
  const utf8 = new TextEncoder();
  return zip(parts.map(([name, xml]) => [utf8.encode(name), utf8.encode(head + xml)]));
}

const relations = (list: [kind: string, target: string][]): string =>
  `<Relationships xmlns="${packages}/relationships">${list.map(([kind, target], i) => `<Relationship Id="r${i + 1}" Type="${office}/${kind}" Target="${target}"/>`).join('')}</Relationships>`;

const text = (s: string): string => s.replace(/[<>&"]/g, (c) => `&#${c.charCodeAt(0)};`).replace(/[^\t\n\r\u0020-\uFFFD]/g, '');

function cell(c: Cell, bold: boolean): string {
  const style = bold ? ' s="1"' : '';
  return typeof c === 'number' ? `<c${style}><v>${c}</v></c>` : `<c${style} t="inlineStr"><is><t xml:space="preserve">${text(c)}</t></is></c>`;
}

/** zip stores files one after the other, then the directory of them (PKWARE APPNOTE 4.3). */
function zip(files: [name: Uint8Array, content: Uint8Array][]): Uint8Array<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [name, content] of files) {
    // version needed, flags (names are UTF-8), method, time, date (1 January 1980), CRC, sizes, length of the name, extra
    const facts = bytes([20, 2], [0x800, 2], [0, 2], [0, 2], [0x21, 2], [crc32(content), 4], [content.length, 4], [content.length, 4], [name.length, 2], [0, 2]);
    chunks.push(bytes([0x04034b50, 4]), facts, name, content);
    // comment, disk, attributes, where it begins
    directory.push(bytes([0x02014b50, 4], [20, 2]), facts, bytes([0, 2], [0, 2], [0, 2], [0, 4], [at, 4]), name);
    at += 4 + facts.length + name.length + content.length;
  }
  const size = directory.reduce((n, c) => n + c.length, 0);
  return joined([...chunks, ...directory, bytes([0x06054b50, 4], [0, 2], [0, 2], [files.length, 2], [files.length, 2], [size, 4], [at, 4], [0, 2])]);
}

/** bytes writes numbers of so many bytes, the least first. */
function bytes(...numbers: [value: number, size: number][]): Uint8Array {
  return new Uint8Array(numbers.flatMap(([v, n]) => Array.from({ length: n }, (_, i) => (v >>> (8 * i)) & 255)));
}

function joined(chunks: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(chunks.reduce((n, c) => n + c.length, 0));
  let at = 0;
  for (const c of chunks) {
    all.set(c, at);
    at += c.length;
  }
  return all;
}

/** crc32 is that of ITU-T V.42, bit by bit: the files are small. */
function crc32(content: Uint8Array): number {
  let crc = -1;
  for (const b of content) {
    crc ^= b;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}
