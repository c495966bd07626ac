"""Better and better choices of sites where money, floors or backups limit the choice.

Idea: every move closes a few sites and fills up again with what adds most (or most for its cost)
among what can be paid, so that one dear site may give way to two cheap ones; what gains nothing is
undone. Gains come scaled by the multipliers of the floors, so that areas below their floor draw
sites; what is kept is judged by true gains and true floors.
"""

from __future__ import annotations

import numpy as np

from locator.kernels.compiler import B1, F1, I1, OUT_B1, OUT_F1, OUT_L1, F, L, inner, kernel
from locator.kernels.limited_state import begin, close_any, open_any
from locator.kernels.siting_search import GAINS, RETURN, draw, mark_near

# Sites each row needs; its area (-1: none); how many fold its gains count; floor of each area;
# cost and role (0 open, 1 site, 2 out) of each column.
CHOICE = (I1, I1, F1, F1, F1, B1)
HEAT = 0.1  # most that one kick may lose, in average sites, as in `siting_search`
PENALTY = 10.0  # of what floors lack, where it is asked whether to go on from here
MOST_MOVES = 100_000
_TINY = 1e-300


@inner
def find_addition(state, choice, money, by_cost, random, share):
    """The column that can be paid and adds most (or most for its cost); -1 where none adds."""
    adds, chosen, cost, role = state[4], state[6], choice[4], choice[5]
    top, found = 0.0, -1
    for j in range(len(adds)):
        if adds[j] <= 0.0 or chosen[j] or role[j] != 0 or cost[j] > money:
            continue
        worth = adds[j] / max(cost[j], _TINY) if by_cost else adds[j]
        if worth > top and (share == 0 or draw(random, share) != 0):
            top, found = worth, j
    return found


@inner
def fill(counted, by_row, by_column, choice, state, purse, by_cost, random, share, opened):
    """Open what pays until nothing more can be; returns what was gained, the number, and work.

    `purse` holds how many sites may be opened and the money left. `opened` is a list to write to.
    """
    adds, cost = state[4], choice[4]
    gained, count, work = 0.0, 0, np.int64(0)
    while purse[0] >= 1.0:
        j = find_addition(state, choice, purse[1], by_cost, random, share)
        work += len(adds)
        if j < 0 and share > 0:
            share = 0
            continue
        if j < 0 or adds[j] <= _TINY:
            break
        gained += adds[j]
        work += open_any(j, counted, by_row, by_column, choice[0], state)
        purse[0] -= 1.0
        purse[1] -= cost[j]
        opened[count] = j
        count += 1
    return gained, count, work


@inner
def list_free(state, choice, sites):
    """Write the sites down that may be closed, ascending; returns their number."""
    chosen, role = state[6], choice[5]
    count = 0
    for j in range(len(chosen)):
        if chosen[j] and role[j] == 0:
            sites[count] = j
            count += 1
    return count


@inner
def descend(
    counted, by_row, by_column, choice, state, purse, dirty, lists, random, tolerance, limit
):  # fmt: skip
    """Close one site and fill up again while that gains and `limit` is not passed; the work."""
    loses, cost = state[5], choice[4]
    sites, opened = lists
    work, moved, moves = np.int64(0), True, 0
    while moved and moves < MOST_MOVES:
        moved = False
        count = list_free(state, choice, sites)
        turn = draw(random, count) if count else 0
        for s in range(count):
            k = sites[(s + turn) % count]
            if dirty[k] == 0 or state[6][k] == 0 or work >= limit:
                continue
            dirty[k] = 0
            lost = loses[k]
            work += close_any(k, counted, by_row, by_column, choice[0], state)
            purse[0] += 1.0
            purse[1] += cost[k]
            room, money = purse[0], purse[1]
            gained, number, looked = fill(
                counted, by_row, by_column, choice, state, purse, False, random, 0, opened
            )
            work += looked
            if gained > lost + tolerance:
                mark_near(k, by_column, state, dirty) if not counted else mark_all(dirty)
                for n in range(number):
                    dirty[opened[n]] = 1
                    if not counted:
                        mark_near(opened[n], by_column, state, dirty)
                moved, moves = True, moves + 1
                continue
            for n in range(number - 1, -1, -1):
                work += close_any(opened[n], counted, by_row, by_column, choice[0], state)
            work += open_any(k, counted, by_row, by_column, choice[0], state)
            purse[0], purse[1] = room - 1.0, money - cost[k]
    return work


@inner
def mark_all(dirty):
    """Try every site again."""
    dirty[:] = 1


@inner
def kick(counted, by_row, by_column, choice, state, purse, dirty, lists, random):
    """Close one to four sites, where they share rows mostly, and fill up again at random."""
    column_first, row, _ = by_column
    first, column, _ = by_row
    sites, opened = lists
    count = list_free(state, choice, sites)
    strength, work = min(1 + draw(random, 4), count), np.int64(0)
    k = sites[draw(random, count)] if count else -1
    for _ in range(strength):
        following = -1
        size = column_first[k + 1] - column_first[k]
        for _ in range(8):
            if size:
                i = row[column_first[k] + draw(random, size)]
                near = column[first[i] + draw(random, first[i + 1] - first[i])]
                if near != k and state[6][near] and choice[5][near] == 0:
                    following = near
                    break
        if not counted:
            mark_near(k, by_column, state, dirty)
        work += close_any(k, counted, by_row, by_column, choice[0], state)
        purse[0] += 1.0
        purse[1] += choice[4][k]
        if following < 0:
            count = list_free(state, choice, sites)
            if count == 0:
                break
            following = sites[draw(random, count)]
        k = following
    if counted:
        mark_all(dirty)
    by_cost = draw(random, 2) == 1
    _, number, looked = fill(
        counted, by_row, by_column, choice, state, purse, by_cost, random, 2, opened
    )
    for n in range(number):
        dirty[opened[n]] = 1
        if not counted:
            mark_near(opened[n], by_column, state, dirty)
    return work + looked


@inner
def judge(counted, choice, state, covered):
    """True gain and what the floors lack together; `covered` is a list of areas to write to."""
    need, area, fold, floor = choice[0], choice[1], choice[2], choice[3]
    best, count = state[0], state[2]
    covered[:] = 0.0
    total, short = 0.0, 0.0
    for i in range(len(need)):
        if counted and count[i] < need[i]:
            continue
        gain = best[i] / fold[i]
        total += gain
        if area[i] >= 0:
            covered[area[i]] += gain
    for d in range(len(floor)):
        short += max(0.0, floor[d] - covered[d])
    return total, short


@inner
def go_to(goal, counted, by_row, by_column, choice, state, purse):
    """Turn the present sites into `goal`."""
    chosen, cost, work = state[6], choice[4], np.int64(len(goal))
    for j in range(len(goal)):
        if chosen[j] and not goal[j]:
            work += close_any(j, counted, by_row, by_column, choice[0], state)
            purse[0] += 1.0
            purse[1] += cost[j]
    for j in range(len(goal)):
        if goal[j] and not chosen[j]:
            work += open_any(j, counted, by_row, by_column, choice[0], state)
            purse[0] -= 1.0
            purse[1] -= cost[j]
    return work


@inner
def open_given(counted, by_row, by_column, choice, state, purse, found):
    """Open the settled sites and, as far as there is room and money, those given."""
    cost, role = choice[4], choice[5]
    begin(counted, by_row, choice[0], state)
    work = np.int64(len(by_row[1]))
    for j in range(len(found)):
        if role[j] == 1:
            work += open_any(j, counted, by_row, by_column, choice[0], state)
    for j in range(len(found)):
        if found[j] and role[j] == 0 and purse[0] >= 1.0 and cost[j] <= purse[1]:
            work += open_any(j, counted, by_row, by_column, choice[0], state)
            purse[0] -= 1.0
            purse[1] -= cost[j]
    return work


@inner
def is_near(reached, present, sites, random):
    """Whether to go on from here: a little worse is taken at times, by what a site is worth."""
    each = abs(reached) / max(1, sites)
    return reached >= present - HEAT * each * (draw(random, 1000) / 1000.0) ** 3


@kernel(GAINS, GAINS, CHOICE, OUT_B1, L, F, L, L, F, L, OUT_L1, OUT_F1, returns=(F, F, L))
def search_limited(
    by_row, by_column, choice, found, most, money, limit, idle_limit, tolerance, by_cost, random,
    covered,
):  # fmt: skip
    """Improve `found` (1 for each site) until `limit` pairs have been looked at.

    Parameters
    ----------
    most, money
        How many sites there may be, and what they may cost, without those of role 1.
    idle_limit
        Kicks in a row without a better choice, after which it ends.
    by_cost
        Whether (1) what is missing at first is filled up by gain for cost.
    random
        State of the generator.
    covered : (areas,)
        Written: what the best choice gains in each area.

    Returns
    -------
    gain, short, idle
        True gain and what the floors lack, of the best choice: least short first, then most gain.
    """
    rows, columns = len(by_row[0]) - 1, len(found)
    state = (
        np.empty(rows), np.empty(rows, np.int32), np.empty(rows), np.empty(rows, np.int32),
        np.empty(columns), np.empty(columns), np.zeros(columns, np.uint8),
    )  # fmt: skip
    counted = bool(np.any(choice[0] > 1))
    dirty, present_covered = np.ones(columns, np.uint8), np.empty(len(covered))
    lists = (np.empty(columns, np.int32), np.empty(columns, np.int32))
    purse = np.array([np.float64(most), money])
    work = open_given(counted, by_row, by_column, choice, state, purse, found)
    _, _, looked = fill(
        counted, by_row, by_column, choice, state, purse, by_cost == 1, random, 0, lists[1]
    )
    work += looked
    work += descend(
        counted, by_row, by_column, choice, state, purse, dirty, lists, random, tolerance,
        limit - work,
    )  # fmt: skip
    gain, short = judge(counted, choice, state, covered)
    found[:] = state[6]
    held, present = found.copy(), state[0].sum() - PENALTY * short
    idle = np.int64(0)
    while work < limit and idle < idle_limit and list_free(state, choice, lists[0]) > 0:
        work += kick(counted, by_row, by_column, choice, state, purse, dirty, lists, random)
        work += descend(
            counted, by_row, by_column, choice, state, purse, dirty, lists, random, tolerance,
            limit - work,
        )  # fmt: skip
        work += rows
        idle += 1
        value, lacking = judge(counted, choice, state, present_covered)
        if lacking < short or (lacking == short and value > gain + tolerance):
            gain, short, idle = value, lacking, np.int64(0)
            found[:] = state[6]
            covered[:] = present_covered
        reached = state[0].sum() - PENALTY * lacking
        if is_near(reached, present, list_free(state, choice, lists[0]), random):
            present = reached
            held[:] = state[6]
        else:
            if draw(random, RETURN) == 0:
                held[:] = found
            work += go_to(held, counted, by_row, by_column, choice, state, purse)
            _, lacking = judge(counted, choice, state, present_covered)
            present = state[0].sum() - PENALTY * lacking
    return gain, short, idle
