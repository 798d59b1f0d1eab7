package main

import "github.com/spf13/cobra"

// verb makes one command; each stands in a file of its own.
type verb func(*world) *cobra.Command

// groups are all commands, as help shows them: a new one is a line here.
var groups = []struct {
	title string
	verbs []verb
}{
	{"Begin and serve:", []verb{
		newDemo,
		newInit,
		newCheck,
		newSelftest,
		newServe,
	}},
	{"Who calls, and what they may:", []verb{
		newKey,
		newToken,
		newSession,
		newPolicy,
		newOwner,
	}},
	{"Look after a gate:", []verb{
		newEvents,
		newAlerts,
		newExplain,
		newInspect,
		newAttack,
		newAdmin,
		newStore,
		newTrust,
		newLedger,
		newSecret,
		newPins,
	}},
	{"Other commands:", []verb{
		newDevCA,
		newVersion,
	}},
}

// addVerbs adds all commands to root.
func addVerbs(root *cobra.Command, w *world) {
	for _, g := range groups {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title})
		for _, v := range g.verbs {
			cmd := v(w)
			cmd.GroupID = g.title
			root.AddCommand(cmd)
		}
	}
	last := groups[len(groups)-1].title
	help := newHelp(root)
	help.GroupID = last
	root.SetHelpCommand(help)
	root.InitDefaultCompletionCmd() // now, to have its mistakes told as all others are
	if completion, _, err := root.Find([]string{"completion"}); err == nil {
		completion.GroupID = last
		completion.Args, completion.RunE = noArguments, showHelp
		for _, shell := range completion.Commands() {
			shell.Args = noArguments
		}
	}
}

// noun is a command that does nothing without one of its verbs: alone it says
// which there are.
func noun(cmd *cobra.Command, verbs ...*cobra.Command) *cobra.Command {
	cmd.Args, cmd.RunE = noCommand, showHelp
	cmd.AddCommand(verbs...)
	return cmd
}

func showHelp(cmd *cobra.Command, _ []string) error { return cmd.Help() }
