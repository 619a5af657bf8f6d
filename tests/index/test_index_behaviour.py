"""What every search index does, whatever its engine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from index_cases import chunk, chunks, document

from stepflow_assets.documents.identity import document_digest
from stepflow_assets.errors import GenerationSuperseded, VectorsRejected
from stepflow_assets.resources.search import IndexedDocument, SearchIndex, public_chunk_id


def texts(index: SearchIndex, query: str, **options: object) -> list[str]:
    return [hit.chunk.text for hit in index.search(query, **options)]  # type: ignore[arg-type]


class TestGenerations:
    def test_a_written_generation_is_live_and_its_chunks_come_back_in_order_and_whole(self, index: SearchIndex) -> None:
        written = chunks("first words", "second words", "third words")
        result = index.write_generation(document(), 4, list(reversed(written)))
        assert (result.generation, result.chunks, result.written) == (4, 3, True)
        live = index.live("files:report.pdf")
        assert live is not None
        assert (live.generation, live.chunks, live.content_digest) == (4, 3, result.content_digest)
        assert list(index.chunks("files:report.pdf")) == written

    def test_a_newer_generation_replaces_the_older_completely(self, index: SearchIndex) -> None:
        index.write_generation(document(), 1, chunks("old alpha", "old beta", "old gamma"))
        index.write_generation(document(), 2, chunks("new delta"))
        assert [item.text for item in index.chunks("files:report.pdf")] == ["new delta"]
        assert texts(index, "old alpha beta gamma") == []
        assert texts(index, "new") == ["new delta"]

    def test_equal_content_is_not_written_and_its_number_lapses(self, index: SearchIndex) -> None:
        first = index.write_generation(document(), 1, chunks("same"), [[1.0, 2.0]])
        again = index.write_generation(document(), 7, chunks("same"), [[1.0, 2.0]])
        assert (again.written, again.generation, again.content_digest) == (False, 1, first.content_digest)

    @pytest.mark.parametrize(
        "changed",
        [
            {"title": "other"},
            {"media_type": "text/plain"},
            {"source_sha256": "b" * 64},
            {"metadata": {"pages": 4}},
        ],
        ids=lambda fields: next(iter(fields)),
    )
    def test_a_change_of_any_document_field_is_new_content(
        self, index: SearchIndex, changed: dict[str, object]
    ) -> None:
        index.write_generation(document(), 1, chunks("same"))
        assert index.write_generation(document(**changed), 2, chunks("same")).written

    def test_a_change_of_headings_or_vectors_is_new_content(self, index: SearchIndex) -> None:
        index.write_generation(document(), 1, chunks("same"))
        assert index.write_generation(document(), 2, [chunk(0, "same", ["Heading"])]).written
        assert index.write_generation(document(), 3, [chunk(0, "same", ["Heading"])], [[0.5, 0.5]]).written
        assert index.write_generation(document(), 4, [chunk(0, "same", ["Heading"])], [[0.5, 0.4]]).written

    def test_content_that_goes_a_b_a_is_written_each_time(self, index: SearchIndex) -> None:
        for generation, text in enumerate(["a", "b", "a"], start=1):
            assert index.write_generation(document(), generation, chunks(text)).written
        assert [item.text for item in index.chunks("files:report.pdf")] == ["a"]

    def test_an_older_generation_is_refused_and_changes_nothing(self, index: SearchIndex) -> None:
        index.write_generation(document(), 5, chunks("newer"))
        with pytest.raises(GenerationSuperseded):
            index.write_generation(document(), 4, chunks("older"))
        with pytest.raises(GenerationSuperseded):
            index.write_generation(document(), 4, chunks("newer"))
        assert texts(index, "newer older") == ["newer"]

    def test_the_same_number_may_be_written_again(self, index: SearchIndex) -> None:
        index.write_generation(document(), 5, chunks("before the retry"))
        index.write_generation(document(), 5, chunks("after it"))
        assert [item.text for item in index.chunks("files:report.pdf")] == ["after it"]

    def test_an_empty_generation_makes_former_chunks_unfindable(self, index: SearchIndex) -> None:
        index.write_generation(document(), 1, chunks("stale"))
        result = index.write_generation(document(), 2, [])
        assert (result.written, result.chunks) == (True, 0)
        assert texts(index, "stale") == []
        live = index.live("files:report.pdf")
        assert live is not None
        assert live.chunks == 0

    def test_all_live_generations_are_listed(self, index: SearchIndex) -> None:
        index.write_generation(document("b.pdf"), 2, chunks("b"))
        index.write_generation(document("a.pdf"), 1, chunks("a", "a too"))
        assert [(live.document_id, live.generation, live.chunks) for live in index.live_all()] == [
            ("files:a.pdf", 1, 2),
            ("files:b.pdf", 2, 1),
        ]


class TestDeletion:
    def test_a_deleted_document_is_gone(self, index: SearchIndex) -> None:
        index.write_generation(document(), 1, chunks("secret words"), [[1.0, 0.0]])
        assert index.delete_document("files:report.pdf", 2) is True
        assert index.live("files:report.pdf") is None
        assert index.live_all() == []
        assert index.chunks("files:report.pdf") == []
        assert index.search("secret words", vector=[1.0, 0.0]) == []

    def test_a_writer_older_than_the_deletion_is_refused(self, index: SearchIndex) -> None:
        index.write_generation(document(), 1, chunks("words"))
        index.delete_document("files:report.pdf", 3)
        with pytest.raises(GenerationSuperseded):
            index.write_generation(document(), 2, chunks("late words"))
        assert index.search("words") == []

    def test_a_document_that_comes_back_gets_a_higher_number_and_is_written(self, index: SearchIndex) -> None:
        index.write_generation(document(), 1, chunks("words"))
        index.delete_document("files:report.pdf", 2)
        assert index.write_generation(document(), 3, chunks("words")).written
        assert texts(index, "words") == ["words"]

    def test_a_deletion_older_than_what_is_live_is_refused(self, index: SearchIndex) -> None:
        index.write_generation(document(), 5, chunks("words"))
        with pytest.raises(GenerationSuperseded):
            index.delete_document("files:report.pdf", 4)
        assert texts(index, "words") == ["words"]

    def test_deleting_what_was_never_there_is_recorded_all_the_same(self, index: SearchIndex) -> None:
        assert index.delete_document("files:report.pdf", 3) is False
        with pytest.raises(GenerationSuperseded):
            index.write_generation(document(), 2, chunks("late"))

    def test_other_documents_stay(self, index: SearchIndex) -> None:
        index.write_generation(document("a.pdf"), 1, chunks("shared words"))
        index.write_generation(document("b.pdf"), 1, chunks("shared words"))
        index.delete_document("files:a.pdf", 2)
        assert [hit.document_id for hit in index.search("shared")] == ["files:b.pdf"]


class TestHits:
    def test_a_hit_carries_its_chunk_document_and_generation(self, index: SearchIndex) -> None:
        index.write_generation(document(), 3, chunks("turbine hall"))
        [hit] = index.search("turbine")
        assert (hit.document_id, hit.generation, hit.title, hit.media_type, hit.source_sha256) == (
            "files:report.pdf",
            3,
            "report.pdf",
            "application/pdf",
            "a" * 64,
        )
        assert hit.chunk == chunk(0, "turbine hall")
        assert hit.chunk_id == public_chunk_id(document_digest("files:report.pdf"), hit.chunk.id)
        assert hit.score > 0

    def test_a_chunk_is_found_by_its_public_id(self, index: SearchIndex) -> None:
        index.write_generation(document("a.pdf"), 1, chunks("same text"))
        index.write_generation(document("b.pdf"), 1, chunks("same text"))
        for hit in index.search("same"):
            found = index.chunk(hit.chunk_id)
            assert found is not None
            assert (found.document_id, found.chunk, found.score) == (hit.document_id, hit.chunk, 0)

    @pytest.mark.parametrize("unknown", ["", "-", "nonsense", "0123456789ab-0000-00000000", "%-_", "人口"])
    def test_an_unknown_public_id_finds_nothing(self, index: SearchIndex, unknown: str) -> None:
        index.write_generation(document(), 1, chunks("text"))
        assert index.chunk(unknown) is None

    def test_the_snippet_marks_the_words_found(self, index: SearchIndex) -> None:
        filler = "nothing to see in this sentence at all. " * 30
        index.write_generation(document(), 1, chunks(f"{filler}The Reservoir at Kestrel Ridge was drained.\n{filler}"))
        [hit] = index.search("kestrel RESERVOIR")
        assert "\x02Reservoir\x03 at \x02Kestrel\x03 Ridge was drained. nothing" in hit.snippet
        assert hit.snippet.startswith("…")
        assert hit.snippet.endswith("…")
        assert len(hit.snippet) < 300

    def test_words_that_stand_everywhere_are_not_marked(self, index: SearchIndex) -> None:
        index.write_generation(document(), 1, chunks("the key of the gate", *(f"the other {at}" for at in range(20))))
        assert index.search("where is the key to the gate")[0].snippet == "the \x02key\x03 of the \x02gate\x03"
        assert index.search("the")[0].snippet.startswith("\x02the\x03")


class TestSearch:
    @pytest.mark.parametrize(
        ("text", "query"),
        [
            ("Das Müllerhaus steht in Zürich", "ZURICH"),
            ("crème brûlée", "creme"),
            ("creme", "crème"),
            ("Straße", "strasse"),
            ("Łódź and Århus and Tromsø", "lodz arhus tromso"),
            ("decomposed cafe\u0301", "café"),
            ("soft\u00adhyphen", "softhyphen"),
            ("ﬁnal ﬂow", "final"),
            ("Ｆｕｌｌ width １２３", "full 123"),
            ("ΑΘΗΝΑ Ελλάδα", "ελλαδα"),
            ("Ёлка", "елка"),
            ("日本の人口は減少している", "人口"),
            ("日本の人口は減少している", "人"),
            ("日本の人口は減少している", "減少"),
            ("北京市海淀区的大学", "大学"),
            ("カタカナとひらがな", "カタカナ"),
            ("ｶﾀｶﾅ", "カタカナ"),
            ("ประชากรของประเทศไทย", "ประเทศ"),
            ("ປະຊາກອນ", "ປະຊາ"),
            ("ប្រជាជនកម្ពុជា", "កម្ពុជា"),
            ("မြန်မာနိုင်ငံ", "မြန်မာ"),
            ("서울의 인구는 감소했다", "인구"),
            ("हिन्दी में लिखा", "हिन्दी"),
            ("العَرَبِيَّة", "العربية"),
            ("Total 4,711.50 EUR", "4,711.50"),
            ("Total 4,711.50 EUR", "4711.50"),
            ("Total 4,711.50 EUR", "4711"),
            ("Total 4.711,50 EUR", "4711.50"),
            ("Total 4 711,50 EUR".replace(" 711", "\u202f711"), "4711,50"),
            ("Total 4711.50 EUR", "4,711.50"),
            ("population 1,250,000", "1250000"),
            ("version 1.13.27", "1.13"),
            ("pump P-104b", "p-104B"),
            ("٤٢ pumps", "42"),
        ],
    )
    def test_words_are_found_in_any_script_and_spelling(self, index: SearchIndex, text: str, query: str) -> None:
        index.write_generation(document("target.pdf"), 1, chunks(text))
        index.write_generation(document("other.pdf"), 1, chunks("something else entirely 99", "別の文章"))
        assert texts(index, query)[:1] == [text]
        assert "\x02" in index.search(query)[0].snippet

    @pytest.mark.parametrize(
        "query",
        [
            "",
            " \n\t",
            "😀🎉",
            '"',
            '""',
            "'",
            "*",
            "-",
            "^",
            "()",
            ":",
            "---- //// ????",
            "\x00",
            "\x02\x03",
            "\ud800",
        ],
    )
    def test_a_query_without_any_word_has_no_hits(self, index: SearchIndex, query: str) -> None:
        index.write_generation(document(), 1, chunks("text"))
        assert index.search(query) == []

    @pytest.mark.parametrize(
        "query",
        [
            '"harbour',
            "harbour AND",
            "OR harbour",
            "NOT harbour NEAR(x",
            "text:harbour",
            "{headings}: harbour",
            "harbour*",
            "-harbour",
            "^harbour",
            "harbour; DROP TABLE chunks",
            "harbour 😀",
            "harbour\x00",
            "harbour " * 5000,
            " ".join(f"w{number}" for number in range(50)) + " harbour",
        ],
    )
    def test_operators_are_words_like_others(self, index: SearchIndex, query: str) -> None:
        index.write_generation(document(), 1, chunks("the harbour wall"))
        assert texts(index, query) == ["the harbour wall"]

    def test_any_word_is_enough_and_more_words_rank_higher(self, index: SearchIndex) -> None:
        both = "valve under pressure, in a sentence with a good many other things in it as sentences have"
        index.write_generation(
            document(),
            1,
            chunks(
                "valve valve valve valve valve", "pressure in pipe", both, *(f"filler {at} " * 5 for at in range(20))
            ),
        )
        found = texts(index, "valve pressure")
        assert found[0] == both
        assert set(found) == {both, "valve valve valve valve valve", "pressure in pipe"}

    def test_headings_are_found_and_weigh_more_than_text(self, index: SearchIndex) -> None:
        index.write_generation(
            document(),
            1,
            [
                chunk(0, "a long text that mentions the tariff once among other things", ["Other"]),
                chunk(1, "a long text that speaks of all kinds of different other things", ["The tariff"]),
                *(chunk(at, "filler about rivers", ["Rivers"]) for at in range(2, 8)),
            ],
        )
        assert [hit.chunk.ordinal for hit in index.search("tariff")] == [1, 0]

    def test_documents_narrow_the_search(self, index: SearchIndex) -> None:
        for name in ("a.pdf", "b.pdf", "c.pdf"):
            index.write_generation(document(name), 1, chunks(f"common words of {name}"), [[1.0, 0.0]])
        for vector in (None, [1.0, 0.0]):
            found = index.search("common", documents=["files:b.pdf", "files:unknown.pdf"], vector=vector)
            assert [hit.document_id for hit in found] == ["files:b.pdf"]
            assert index.search("common", documents=[], vector=vector) == []

    @pytest.mark.parametrize(("limit", "expected"), [(-1, 0), (0, 0), (1, 1), (3, 3), (100, 20)])
    def test_the_limit_holds(self, index: SearchIndex, limit: int, expected: int) -> None:
        index.write_generation(document(), 1, chunks(*(f"word number {at}" for at in range(20))))
        assert len(index.search("word", limit=limit)) == expected


class TestVectors:
    def write(self, index: SearchIndex) -> None:
        index.write_generation(
            document(), 1, chunks("east words", "north words", "west things"), [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.1]]
        )

    def test_a_vector_finds_what_words_do_not(self, index: SearchIndex) -> None:
        self.write(index)
        assert texts(index, "unheard-of", vector=[0.1, 0.9])[0] == "north words"
        assert texts(index, "", vector=[-1.0, 0.0])[0] == "west things"

    def test_words_and_vector_together_beat_either_alone(self, index: SearchIndex) -> None:
        self.write(index)
        assert texts(index, "words", vector=[0.0, 1.0])[0] == "north words"

    def test_without_vectors_in_the_index_words_decide(self, index: SearchIndex) -> None:
        index.write_generation(document(), 1, chunks("alpha", "beta"))
        assert texts(index, "beta", vector=[1.0, 0.0]) == ["beta"]

    def test_vectors_of_another_dimension_are_rejected(self, index: SearchIndex) -> None:
        self.write(index)
        with pytest.raises(VectorsRejected):
            index.write_generation(document("b.pdf"), 1, chunks("b"), [[1.0, 0.0, 0.0]])
        with pytest.raises(VectorsRejected):
            index.search("words", vector=[1.0, 0.0, 0.0])
        assert [live.document_id for live in index.live_all()] == ["files:report.pdf"]

    def test_the_only_document_with_vectors_may_change_their_dimension(self, index: SearchIndex) -> None:
        self.write(index)
        index.write_generation(document(), 2, chunks("east"), [[1.0, 0.0, 0.0]])
        assert texts(index, "", vector=[1.0, 0.0, 0.0]) == ["east"]

    @pytest.mark.parametrize(
        "vectors",
        [[], [[1.0, 0.0]], [[1.0, 0.0], [1.0]], [[1.0, float("nan")], [1.0, 0.0]], [[], []]],
        ids=["none", "too few", "uneven", "undefined", "empty"],
    )
    def test_vectors_that_do_not_fit_the_chunks_are_rejected(
        self, index: SearchIndex, vectors: list[list[float]]
    ) -> None:
        with pytest.raises(VectorsRejected):
            index.write_generation(document(), 1, chunks("one", "two"), vectors)
        assert index.live_all() == []

    def test_a_vector_of_zeros_is_stored_but_near_nothing(self, index: SearchIndex) -> None:
        index.write_generation(document(), 1, chunks("zero", "one"), [[0.0, 0.0], [1.0, 0.0]])
        assert texts(index, "", vector=[1.0, 0.0]) == ["one"]
        assert texts(index, "", vector=[0.0, 0.0]) == []


class TestConcurrency:
    def test_many_threads_write_and_search(self, index: SearchIndex) -> None:
        def work(number: int) -> int:
            written: IndexedDocument = document(f"{number}.pdf")
            for generation in (1, 2, 3):
                index.write_generation(written, generation, chunks(*(f"thread {number} part {at}" for at in range(5))))
                assert all(hit.chunk.text for hit in index.search("thread part"))
            return number

        with ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(work, range(16))) == list(range(16))
        assert [live.chunks for live in index.live_all()] == [5] * 16

    def test_a_reader_never_sees_half_a_generation(self, index: SearchIndex) -> None:
        def generation_texts(generation: int) -> list[str]:
            return [f"generation {generation} part {part}" for part in range(30)]

        index.write_generation(document(), 1, chunks(*generation_texts(1)))

        def write() -> None:
            for generation in range(2, 30):
                index.write_generation(document(), generation, chunks(*generation_texts(generation)))

        with ThreadPoolExecutor(1) as pool:
            writer = pool.submit(write)
            while not writer.done():
                seen = {hit.generation for hit in index.search("generation part", limit=50)}
                assert len(seen) == 1
                [generation] = {hit.split()[1] for hit in (item.text for item in index.chunks("files:report.pdf"))}
                assert int(generation) >= max(seen)
            writer.result()
        assert len(index.search("generation part", limit=50)) == 30

    def test_a_closed_index_opens_again(self, index: SearchIndex) -> None:
        index.write_generation(document(), 1, chunks("kept words"))
        index.close()
        assert texts(index, "kept") == ["kept words"]
