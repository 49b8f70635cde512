package sweep

import "container/heap"

// queue holds gatherings in order of start, then id.
type queue []*gathering

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].before(q[j].first, q[j].id) }

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

// Push implements heap.Interface.
func (q *queue) Push(x any) {
	g := x.(*gathering)
	g.place = len(*q)
	*q = append(*q, g)
}

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	old := *q
	g := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	g.place = -1
	return g
}

func (q *queue) put(g *gathering) {
	if g.place < 0 {
		heap.Push(q, g)
		return
	}
	heap.Fix(q, g.place)
}

func (q *queue) drop(g *gathering) {
	if g.place >= 0 {
		heap.Remove(q, g.place)
	}
}

func (g *gathering) before(start int64, id string) bool {
	if g.first != start {
		return g.first < start
	}
	return g.id < id
}
