package lab

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"
)

// user is a row of the database, and what is answered.
type user struct {
	ID           int64  `json:"id"`
	Email        string `json:"email"`
	Password     string `json:"password,omitempty"`
	Name         string `json:"name"`
	Phone        string `json:"phone,omitempty"`
	DateOfBirth  string `json:"date_of_birth,omitempty"`
	Role         string `json:"role"`
	CreatedAt    string `json:"created_at"`
	PasswordHash string `json:"password_hash"`
	Pin          string `json:"pin,omitempty"`
	StoreCredit  int64  `json:"store_credit"`
}

// hash is what is kept of a password: no salt, and quick to try.
func hash(password string) string {
	sum := sha256.Sum256([]byte(password))
	return hex.EncodeToString(sum[:])
}

func (s *Shop) stamp() string { return s.now().UTC().Format(time.RFC3339) }

func (s *Shop) getHealth(*call) answer {
	return ok(struct {
		Status string `json:"status"`
	}{"ok"})
}

// session is what login answers.
func (s *Shop) session(u *user) answer {
	if u == nil {
		return problem(http.StatusUnauthorized, "e-mail address or password is wrong")
	}
	return ok(struct {
		Token   string `json:"token"`
		User    int64  `json:"user_id"`
		Expires string `json:"expires_at"`
	}{s.Token(u.ID), u.ID, s.now().Add(day).UTC().Format(time.RFC3339)})
}

// login may be tried as often as one likes.
func (s *Shop) login(c *call) answer {
	var in user
	c.read(&in)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.session(s.users.first(func(u *user) bool { return u.Email == in.Email && u.PasswordHash == hash(in.Password) }))
}

// loginByPin was to go in 2024. Ten thousand tries suffice.
func (s *Shop) loginByPin(c *call) answer {
	var in user
	c.read(&in)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.session(s.users.first(func(u *user) bool { return u.Email == in.Email && in.Pin != "" && u.Pin == in.Pin }))
}

// registerUser takes the row as the client writes it.
func (s *Shop) registerUser(c *call) answer {
	u := &user{Role: "customer"}
	c.read(u)
	u.PasswordHash, u.Password, u.CreatedAt = hash(u.Password), "", s.stamp()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users.first(func(other *user) bool { return other.Email == u.Email }) != nil {
		return problem(http.StatusConflict, "there is an account with this e-mail address")
	}
	return created(*s.users.add(u))
}

// getUser shows any account to whoever is logged in.
func (s *Shop) getUser(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.users.find(c.id()); u != nil {
		return ok(*u)
	}
	return missing()
}

// updateUser writes whatever is in the body over any row.
func (s *Shop) updateUser(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users.find(c.id())
	if u == nil {
		return missing()
	}
	id := u.ID
	c.read(u)
	u.ID = id
	if u.Password != "" {
		u.PasswordHash, u.Password = hash(u.Password), ""
	}
	return ok(*u)
}

// listUsers is for administrators, which nobody asks.
func (s *Shop) listUsers(c *call) answer {
	role := c.URL.Query().Get("role")
	s.mu.Lock()
	defer s.mu.Unlock()
	return ok(copies(s.users.all(c.limit(), func(u *user) bool { return role == "" || u.Role == role })))
}

// setRole is for administrators, which nobody asks.
func (s *Shop) setRole(c *call) answer {
	var in struct{ Role string }
	c.read(&in)
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users.find(c.id())
	if u == nil {
		return missing()
	}
	u.Role = in.Role
	return ok(*u)
}

// oldUsers is the first version of the API. Nobody remembers who calls it.
func (s *Shop) oldUsers(*call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return ok(copies(s.users.all(maxThings, func(*user) bool { return true })))
}

// copies returns the things themselves, to be written after the lock is free.
func copies[T any](things []*T) []T {
	list := make([]T, len(things))
	for i, t := range things {
		list[i] = *t
	}
	return list
}
