"""Word files become Markdown, with all the text that a person sees in them."""

from deepseek_space.text.documents.document import DAMAGED
from sample_files import WORD, archive, paragraph, word


def test_headings_lists_and_paragraphs(text_of):
    body = (
        paragraph("Report", "Title")
        + paragraph("一、概述", "1")
        + paragraph("Plain text.")
        + paragraph("", "2")
        + paragraph("Part", "2")
        + paragraph("an item", is_listed=True)
    )
    assert text_of("report.docx", word(body)) == ("# Report\n\n# 一、概述\n\nPlain text.\n\n## Part\n\n- an item")


def test_a_table_is_a_table(text_of):
    def row(*cells):
        return "<w:tr>" + "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in cells) + "</w:tr>"

    table = f"<w:tbl>{row('name', 'size')}{row('a|b', '3')}</w:tbl>"
    assert text_of("t.docx", word(table)) == "| name | size |\n| --- | --- |\n| a\\|b | 3 |"


def test_tabs_breaks_insertions_and_controls_are_read_and_deletions_are_not(text_of):
    body = (
        "<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r>"
        "<w:ins><w:r><w:t> added</w:t></w:r></w:ins><w:del><w:r><w:delText> gone</w:delText></w:r></w:del></w:p>"
        f"<w:sdt><w:sdtContent>{paragraph('in a control')}</w:sdtContent></w:sdt>"
    )
    assert text_of("t.docx", word(body)) == "a\tb\nc added\n\nin a control"


def test_one_without_text_says_so(refusal_of):
    assert refusal_of("empty.docx", word("<w:p/>")) == "empty.docx has no text, only pictures or nothing."


def test_an_old_or_protected_one_is_refused(refusal_of):
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)
    for name in ("old.doc", "protected.docx"):
        assert refusal_of(name, old).startswith(f"{name} is an Office file that is old or has a password.")


def test_a_damaged_one_is_refused(refusal_of):
    whole = word(paragraph("text"))
    for data in (whole[:100], archive({"word/other.xml": ""}), word("<w:p>")):
        assert refusal_of("bad.docx", data) == DAMAGED.format(name="bad.docx")


def test_entities_that_grow_are_not_expanded(refusal_of):
    bomb = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
    document = f'{bomb}<w:document xmlns:w="{WORD}"><w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>'
    assert refusal_of("bomb.docx", archive({"word/document.xml": document})) == DAMAGED.format(name="bomb.docx")


def test_a_body_that_unpacks_without_end_is_refused(refusal_of):
    body = paragraph("x" * 3_000_000)
    assert refusal_of("big.docx", word(body), unpacked_bytes=2**20) == "big.docx unpacks to more than 1 MiB."


def rows(*lines):
    return "".join(f"<w:tr>{''.join(cells)}</w:tr>" for cells in lines)


def cell(inside, *, properties=""):
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inside}</w:tc>"


def test_a_table_in_a_cell_is_there_once(text_of):
    inner = f"<w:tbl>{rows([cell(paragraph('x')), cell(paragraph('y'))], [cell(paragraph('z'))])}</w:tbl>"
    outer = f"<w:tbl>{rows([cell(paragraph('a')), cell(inner + paragraph('b'))], [cell(paragraph('c'))])}</w:tbl>"
    assert text_of("t.docx", word(outer)) == "| a | x y z b |\n| --- | --- |\n| c |  |"


def test_cells_that_span_columns_and_rows_leave_the_others_under_their_headings(text_of):
    table = rows(
        [cell(paragraph("A")), cell(paragraph("B")), cell(paragraph("C"))],
        [cell(paragraph("wide"), properties='<w:gridSpan w:val="2"/>'), cell(paragraph("c"))],
        [cell(paragraph("tall"), properties='<w:vMerge w:val="restart"/>'), cell(paragraph("b")), cell(paragraph("d"))],
        [cell("<w:p/>", properties="<w:vMerge/>"), cell(paragraph("e")), cell(paragraph("f"))],
    )
    late = '<w:tr><w:trPr><w:gridBefore w:val="1"/></w:trPr>' + cell(paragraph("late")) + "</w:tr>"
    assert text_of("t.docx", word(f"<w:tbl>{table}{late}</w:tbl>")).splitlines() == [
        "| A | B | C |",
        "| --- | --- | --- |",
        "| wide |  | c |",
        "| tall | b | d |",
        "|  | e | f |",
        "|  | late |  |",
    ]


def test_a_text_box_is_there_once_also_in_a_cell(text_of):
    box = f"<w:p><w:r><w:txbxContent>{paragraph('one')}{paragraph('two')}</w:txbxContent></w:r></w:p>"
    assert text_of("t.docx", word(f"<w:tbl>{rows([cell(box)])}</w:tbl>")) == "| one two |\n| --- |"
    assert text_of("t.docx", word(box)) == "one\ntwo"


def test_a_file_of_countless_parts_is_refused_before_it_is_taken_apart(refusal_of):
    body = "<w:p><w:r><w:t>x</w:t></w:r></w:p>" * 1_000
    assert refusal_of("many.docx", word(body), tags=5_000).startswith("many.docx has too many parts to be read (6,")
