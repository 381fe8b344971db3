package export

import (
	"fmt"
	"strings"
)

// Styles of cells by their place in sheetStyles.
const (
	styleTime   = ` s="1"`
	styleQuoted = ` s="2"`
	styleHeader = ` s="3"`
)

const (
	xmlHead     = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	sheetSpace  = `http://schemas.openxmlformats.org/spreadsheetml/2006/main`
	relSpace    = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	packSpace   = `http://schemas.openxmlformats.org/package/2006/`
	mediaPrefix = `application/vnd.openxmlformats-officedocument.spreadsheetml.`
)

// Every part that is not named is a sheet: how many there will be is not known when this is written.
const contentTypes = xmlHead + `<Types xmlns="` + packSpace + `content-types">` +
	`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
	`<Default Extension="xml" ContentType="` + mediaPrefix + `worksheet+xml"/>` +
	`<Override PartName="/xl/workbook.xml" ContentType="` + mediaPrefix + `sheet.main+xml"/>` +
	`<Override PartName="/xl/styles.xml" ContentType="` + mediaPrefix + `styles+xml"/></Types>`

const packageRels = xmlHead + `<Relationships xmlns="` + packSpace + `relationships">` +
	`<Relationship Id="rId1" Type="` + relSpace + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`

const sheetStyles = xmlHead + `<styleSheet xmlns="` + sheetSpace + `">` +
	`<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/></numFmts>` +
	`<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
	`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
	`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
	`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
	`<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
	`<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
	`<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/>` +
	`<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>` +
	`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`

const sheetHead = xmlHead + `<worksheet xmlns="` + sheetSpace + `"><sheetViews><sheetView workbookViewId="0">` +
	`<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>` +
	`<sheetFormatPr defaultRowHeight="15"/>`

// workbook lists the sheets, which are named after the kind of the file.
func workbook(name string, sheets int) (book, rels string) {
	var list, links strings.Builder
	for n := 1; n <= sheets; n++ {
		title := name
		if n > 1 {
			title = fmt.Sprintf("%s %d", name, n)
		}
		fmt.Fprintf(&list, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, title, n, n)
		fmt.Fprintf(&links, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, n, relSpace, n)
	}
	fmt.Fprintf(&links, `<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/>`, sheets+1, relSpace)
	book = xmlHead + `<workbook xmlns="` + sheetSpace + `" xmlns:r="` + relSpace + `"><bookViews><workbookView/></bookViews>` +
		`<sheets>` + list.String() + `</sheets></workbook>`
	rels = xmlHead + `<Relationships xmlns="` + packSpace + `relationships">` + links.String() + `</Relationships>`
	return book, rels
}
