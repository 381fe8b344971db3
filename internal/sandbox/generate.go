package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// generate builds a whole account from its shape. Equal shapes, seeds, names and starts give equal worlds.
func generate(uuid, name string, shape Shape, daily Daily, start time.Time) *World {
	w := newWorld(uuid, name, shape.Seed, start)
	w.shape, w.daily = shape.withDefaults(), daily
	w.domain = domainOf(name)
	w.makeApps()
	w.makeProfiles()
	sizes := w.storeSizes()
	w.makeStores(len(sizes))
	w.makePeople(sizes)
	w.fillStores(sizes)
	w.nameAwkwardly()
	for _, s := range w.stores {
		w.giveRights(s)
	}
	for _, a := range w.accesses {
		w.giveHistory(a)
	}
	w.listAccount()
	w.noteOwners()
	w.playScenes()
	w.writingLog = true
	return w
}

// domainOf turns a company's name into its mail domain.
func domainOf(name string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(name), " ")
	return or(plainLetters(first), "company") + ".example"
}

func (w *World) makeApps() {
	num := int64(11000)
	for _, name := range appNames {
		num += 7 + w.rng.Int64N(300)
		w.apps = append(w.apps, &app{num: num, id: fmt.Sprintf("bc/account/app/%d", num), name: name})
	}
}

// makeProfiles builds the pool of custom rights: job profiles by area, and presets with a few or many deviations.
func (w *World) makeProfiles() {
	jobs := [][]string{
		{"Marketing", "Content"},
		{"Content", "Design"},
		{"Orders"},
		{"Orders", "Customers"},
		{"Products", "Categories"},
		{"Statistics"},
		{"Statistics", "Data"},
		{"Design", "Channels"},
		{"Settings"},
		{"Users"},
		{"Products", "Channels"},
		{"Customers", "Reviews"},
	}
	for _, areas := range jobs {
		var names []string
		for _, area := range areas {
			names = append(names, presets.byArea[area]...)
		}
		for range 3 {
			w.profiles = append(w.profiles, w.sets.of(w.deviate(names, w.rng.IntN(4))))
		}
	}
	for range 12 {
		w.profiles = append(w.profiles,
			w.sets.of(w.deviate(presets.staff, 1+w.rng.IntN(3))), w.sets.of(w.deviate(presets.staff, 8+w.rng.IntN(12))),
			w.sets.of(w.deviate(presets.admin, 1+w.rng.IntN(3))), w.sets.of(w.deviate(presets.admin, 15+w.rng.IntN(25))))
	}
}

// deviate gives a list that differs from another by so many names, some taken away and some added.
func (w *World) deviate(names []string, by int) []string {
	out := without(names, filler)
	for range by {
		if len(out) > 1 && w.rng.IntN(2) == 0 {
			i := w.rng.IntN(len(out))
			out = append(out[:i], out[i+1:]...)
			continue
		}
		out = addName(out, w.anyPermission())
	}
	return out
}

func addName(names []string, name string) []string {
	for _, n := range names {
		if n == name {
			return names
		}
	}
	return append(names, name)
}

var unseenPermissions = []string{"Read_Webhooks", "Manage_Agent_Checkout", "View.Store:Vault", "Approve_AI_Content"}

// anyPermission is mostly one that administrators hold, now and then one of the owner's.
func (w *World) anyPermission() string {
	switch {
	case w.shape.NewPermissions && w.rng.IntN(5) == 0:
		return unseenPermissions[w.rng.IntN(len(unseenPermissions))]
	case w.rng.IntN(12) == 0:
		return presets.all[w.rng.IntN(len(presets.all))]
	}
	return presets.ordinary[w.rng.IntN(len(presets.ordinary))]
}

// storeSizes gives the number of users of each store.
func (w *World) storeSizes() []int {
	shape := w.shape
	sizes := make([]int, shape.Stores)
	largest := shape.LargestStore
	if shape.Zipf && largest == 0 {
		sum := 0.0
		for i := range sizes {
			sum += 1 / float64(i+1)
		}
		largest = max(1, int(float64(shape.UsersPerStore*shape.Stores)/max(sum, 1)))
	}
	for i := range sizes {
		switch {
		case i >= shape.Stores-shape.EmptyStores:
			sizes[i] = 0
		case shape.Zipf:
			sizes[i] = max(1, largest/(i+1))
		case i == 0 && largest > 0:
			sizes[i] = largest
		default:
			sizes[i] = shape.UsersPerStore
		}
	}
	w.rng.Shuffle(len(sizes), func(i, j int) { sizes[i], sizes[j] = sizes[j], sizes[i] })
	return sizes
}

func (w *World) makeStores(count int) {
	for range count {
		s := w.addStore(w.freshStoreName())
		for range 3 + w.rng.IntN(5) {
			s.apps = insertApp(s.apps, w.anyApp())
		}
		if w.rng.IntN(12) == 0 {
			s.apps = w.apps[:14+w.rng.IntN(len(w.apps)-14)]
		}
	}
}

func (w *World) anyApp() *app { return w.apps[w.rng.IntN(len(w.apps))] }

// freshStoreName gives a name that no store of the account has had at that number of stores.
func (w *World) freshStoreName() string {
	for try := 0; ; try++ {
		name := brands[w.rng.IntN(len(brands))] + " " + regions[w.rng.IntN(len(regions))]
		if line := lines[w.rng.IntN(len(lines))]; line != "" {
			name += " " + line
		}
		if try > 20 {
			name += fmt.Sprintf(" %d", w.rng.IntN(100_000))
		}
		if w.storeNamed(name) == nil {
			return name
		}
	}
}

func (w *World) storeNamed(name string) *store {
	for _, s := range w.stores {
		if s.name == name {
			return s
		}
	}
	return nil
}
