package export

// cellStore keeps runs of cells by id in few large pieces: a hundred thousand small slices would cost more than what
// they hold. Ids may have gaps.
type cellStore struct {
	pages  [][]span // by id / pageSpan
	pieces [][]byte
}

// span says where a run of cells lies.
type span struct{ piece, from, to uint32 } // piece counts from 1; 0: not there

const (
	pageSpan  = 1024
	pieceSize = 256 << 10
)

func (s *cellStore) put(id int64, cells []byte) {
	last := len(s.pieces) - 1
	if last < 0 || len(s.pieces[last])+len(cells) > cap(s.pieces[last]) {
		s.pieces = append(s.pieces, make([]byte, 0, max(pieceSize, len(cells))))
		last++
	}
	from := len(s.pieces[last])
	s.pieces[last] = append(s.pieces[last], cells...)
	page := int(id / pageSpan)
	for page >= len(s.pages) {
		s.pages = append(s.pages, nil)
	}
	if s.pages[page] == nil {
		s.pages[page] = make([]span, pageSpan)
	}
	s.pages[page][id%pageSpan] = span{uint32(last + 1), uint32(from), uint32(from + len(cells))}
}

// get is nil for an id that was not put; an empty run of cells is not nil.
func (s *cellStore) get(id int64) []byte {
	page := uint64(id) / pageSpan
	if page >= uint64(len(s.pages)) || s.pages[page] == nil {
		return nil
	}
	at := s.pages[page][id%pageSpan]
	if at.piece == 0 {
		return nil
	}
	return s.pieces[at.piece-1][at.from:at.to:at.to]
}
