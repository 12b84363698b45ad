package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"lightsout/race"
)

// querier is a transaction or the readers' pool.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// each scans the rows of a query one by one.
func each(ctx context.Context, q querier, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("scan: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("query: %w", err)
	}
	return nil
}

// row is a row as the driver returns it: int64, string, []byte or nil. The tables are STRICT, so that the type of a column is
// known.
type row []any

func (r row) int(i int) int64 {
	n, _ := r[i].(int64)
	return n
}

func (r row) is(i int) bool { return r.int(i) != 0 }

func (r row) text(i int) string {
	s, _ := r[i].(string)
	return s
}

func (r row) null(i int) bool { return r[i] == nil }

// eachRow is each for tables with many rows: it avoids database/sql's conversion of each column, which takes two thirds of the
// time. take must not keep the row.
func eachRow(ctx context.Context, q querier, take func(row), query string, args ...any) error {
	var values row
	var to []any
	return each(ctx, q, func(r *sql.Rows) error {
		if values == nil {
			names, err := r.Columns()
			if err != nil {
				return err
			}
			values, to = make(row, len(names)), make([]any, len(names))
			for i := range values {
				to[i] = &values[i]
			}
		}
		if err := r.Scan(to...); err != nil {
			return err
		}
		take(values)
		return nil
	}, query, args...)
}

// searchCost is the work of a row that is searched and not returned.
const searchCost = 3

// paySearch pays for a search through rows; from is the part of the query after FROM. The answer does not pay for rows that it
// does not contain.
func paySearch(ctx context.Context, q querier, from string, args ...any) error {
	budget := race.BudgetOf(ctx)
	if budget == nil {
		return nil
	}
	n, err := count(ctx, q, budget.WorkLeft()/searchCost, from, args...)
	if err != nil {
		return err
	}
	return budget.Work(n * searchCost)
}

// pay counts the rows that a query will read and pays cost for each; from is the part of the query after FROM. It stops
// counting when the budget is exceeded, and counts nothing without a budget.
func pay(ctx context.Context, q querier, cost int, from string, args ...any) error {
	return payUpTo(ctx, q, math.MaxInt, cost, from, args...)
}

// payUpTo pays for at most limit rows.
func payUpTo(ctx context.Context, q querier, limit, cost int, from string, args ...any) error {
	budget := race.BudgetOf(ctx)
	if budget == nil {
		return nil
	}
	n, err := count(ctx, q, min(limit, budget.MaxRows(cost)), from, args...)
	if err != nil {
		return err
	}
	return budget.Rows(min(n, limit), cost)
}

// count returns the number of rows, or most + 1 if there are more.
func count(ctx context.Context, q querier, most int, from string, args ...any) (n int, err error) {
	query := fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %s LIMIT %d)", from, min(most, 1<<30)+1)
	if err := q.QueryRowContext(ctx, query, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count rows: %w", err)
	}
	return n, nil
}
