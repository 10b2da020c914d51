package regmap

import (
	"math"
	"slices"
)

// askedPerHour is about how often blocks are read, to weigh what is read in vain.
var askedPerHour = map[Group]int{Fast: 720, EnergyGroup: 60, Slow: 12, Ident: 1, Profile: 1}

// assign chooses one option for each block so that as many lengths as possible
// differ, and of all such choices the one that reads the fewest registers more
// than the blocks' first options do. A block that cannot have a length of its own
// keeps its first option.
func assign(options [][]Block) []Block {
	var lengths []uint16
	for _, list := range options {
		for _, b := range list {
			lengths = append(lengths, b.Count)
		}
	}
	slices.Sort(lengths)
	lengths = slices.Compact(lengths)

	// One column for each length and, behind them, one for each block that shares.
	const shares, never = 1e9, 1e15
	price := make([][]float64, len(options))
	for i, list := range options {
		price[i] = slices.Repeat([]float64{never}, len(lengths)+len(options))
		for _, b := range list {
			column, _ := slices.BinarySearch(lengths, b.Count)
			price[i][column] = float64(int(b.Count)-int(list[0].Count)) * float64(askedPerHour[b.Group])
		}
		price[i][len(lengths)+i] = shares
	}
	chosen := make([]Block, len(options))
	for i, column := range cheapestMatching(price) {
		chosen[i] = options[i][0]
		if column < len(lengths) {
			at := slices.IndexFunc(options[i], func(b Block) bool { return b.Count == lengths[column] })
			chosen[i] = options[i][at]
		}
	}
	return chosen
}

// cheapestMatching gives each row a column of its own so that the sum of the
// prices is the least (H. W. Kuhn, The Hungarian Method for the Assignment
// Problem, 1955, with potentials). There are at least as many columns as rows.
func cheapestMatching(price [][]float64) []int {
	if len(price) == 0 {
		return nil
	}
	columns := len(price[0])
	rowOf := slices.Repeat([]int{-1}, columns+1) // the last column stands for the row that seeks one
	u, v := make([]float64, len(price)), make([]float64, columns+1)
	for row := range price {
		rowOf[columns] = row
		at := columns
		from := make([]int, columns)
		least := slices.Repeat([]float64{math.Inf(1)}, columns)
		done := make([]bool, columns+1)
		for rowOf[at] >= 0 { // Dijkstra over reduced prices, to a free column
			done[at] = true
			r, next, delta := rowOf[at], -1, math.Inf(1)
			for c := range columns {
				if done[c] {
					continue
				}
				if reduced := price[r][c] - u[r] - v[c]; reduced < least[c] {
					least[c], from[c] = reduced, at
				}
				if least[c] < delta {
					next, delta = c, least[c]
				}
			}
			for c := range done {
				switch {
				case done[c]:
					u[rowOf[c]] += delta
					v[c] -= delta
				case c < columns:
					least[c] -= delta
				}
			}
			at = next
		}
		for at != columns { // turn the path round
			rowOf[at] = rowOf[from[at]]
			at = from[at]
		}
	}
	columnOf := make([]int, len(price))
	for c, row := range rowOf[:columns] {
		if row >= 0 {
			columnOf[row] = c
		}
	}
	return columnOf
}
